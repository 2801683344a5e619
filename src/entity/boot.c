#include "entity/boot.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[BOOT_TYPE] = { "type", FIELD_TEXT, STD,
		"kernel, initramfs, loader, efi, command-line, firmware, pcr, …", NULL },
	[BOOT_VALUE] = { "value", FIELD_TEXT, STD, "value in force", NULL },
	[BOOT_CONFIGURED] = { "configured", FIELD_TEXT, STD,
		"of the command line: what the boot loader is configured to give", NULL },
	[BOOT_DIFFERS] = { "differs", FIELD_FLAG, STD, "in force is not what is configured", NULL },
	[BOOT_SHA256] = { "sha256", FIELD_DIGEST, STD,
		"SHA-256 of the file, the variable, or of all files below the folder", NULL },
	[BOOT_SIZE] = { "size", FIELD_NUMBER, STD, "bytes", NULL },
	[BOOT_PACKAGE] = { "package", FIELD_TEXT, STD, "package that owns it", NULL },
	[BOOT_RELEASE] = { "release", FIELD_TEXT, STD, "of which kernel release it is", NULL },
	[BOOT_RUNNING] = { "running", FIELD_FLAG, STD, "it is of the kernel that runs", NULL },
	[BOOT_NEWEST] = { "newest", FIELD_FLAG, STD,
		"of the kernels that are installed the newest by its release", NULL },
	[BOOT_FILES] = { "files", FIELD_NUMBER, STD,
		"files below the folder; of a key database: entries", NULL },
	[BOOT_ITEMS] = { "items", FIELD_LIST, STD,
		"several values: security modules, facts of the firmware, who may sign", NULL },
	[BOOT_ENABLED] = { "enabled", FIELD_FLAG, STD, "it is in force", NULL },
	[BOOT_NOW] = { "now", FIELD_TEXT, FIELD_VOLATILE | FIELD_LOCAL,
		"value of what may differ from boot to boot: shown, not compared", NULL },
};
_Static_assert(ARRAY_LEN(fields) == BOOT_N, "every boot_field needs a row");

const struct kind kind_boot = {
	.name = "boot",
	.text = "what boots: kernels, initial file systems, boot loader, command line, Secure Boot",
	.id = 22,
	.noun = "boot item",
	.fields = fields,
	.n_fields = BOOT_N,
};
