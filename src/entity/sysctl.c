#include "entity/sysctl.h"

#include "core/attr.h"

static const struct field fields[] = {
	[SYSCTL_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SYSCTL_N, "every sysctl_field needs a row");

const struct kind kind_sysctl = {
	.name = "sysctl",
	.text = "kernel settings below /proc/sys",
	.id = 12,
	.fields = fields,
	.n_fields = SYSCTL_N,
};
