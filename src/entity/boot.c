#include "entity/boot.h"

#include "core/attr.h"

static const struct field fields[] = {
	[BOOT_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == BOOT_N, "every boot_field needs a row");

const struct kind kind_boot = {
	.name = "boot",
	.text = "what boots: kernels, initial file systems, boot loader, command line, Secure Boot",
	.id = 22,
	.fields = fields,
	.n_fields = BOOT_N,
};
