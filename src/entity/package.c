#include "entity/package.h"

#include "core/attr.h"

static const struct field fields[] = {
	[PACKAGE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PACKAGE_N, "every package_field needs a row");

const struct kind kind_package = {
	.name = "package",
	.text = "software that a package manager has installed",
	.id = 2,
	.fields = fields,
	.n_fields = PACKAGE_N,
};
