#include "entity/module.h"

#include "core/attr.h"

static const struct field fields[] = {
	[MODULE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == MODULE_N, "every module_field needs a row");

const struct kind kind_module = {
	.name = "module",
	.text = "kernel modules, and the kernel's taint",
	.id = 11,
	.fields = fields,
	.n_fields = MODULE_N,
};
