#include "entity/module.h"

#include "core/attr.h"

#define STD FIELD_STANDARD
#define VOL (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[MODULE_HIDDEN] = { "hidden", FIELD_FLAG, STD,
		"one view of the loaded modules leaves it out although another shows it", NULL },
	[MODULE_VIEWS] = { "views", FIELD_LIST, STD,
		"where it shows: proc (/proc/modules), sys (/sys/module)", NULL },
	[MODULE_SYMBOLS] = { "symbols", FIELD_FLAG, 0,
		"it has symbols in /proc/kallsyms (dear to find out: only on request)", NULL },
	[MODULE_BUILTIN] = { "builtin", FIELD_FLAG, STD,
		"part of the kernel image, here for its parameters", NULL },
	[MODULE_STATE] = { "state", FIELD_TEXT, VOL, "live, coming, going", NULL },
	[MODULE_SIZE] = { "size", FIELD_NUMBER, 0, "bytes of memory it takes", NULL },
	[MODULE_REFCNT] = { "refcnt", FIELD_NUMBER, VOL, "uses at this moment", NULL },
	[MODULE_USED_BY] = { "used_by", FIELD_LIST, VOL, "modules that use it", NULL },
	[MODULE_VERSION] = { "version", FIELD_TEXT, STD,
		"version its author gave it; of the kernel: as uname -v", NULL },
	[MODULE_SRCVERSION] = { "srcversion", FIELD_TEXT, STD, "checksum of its sources", NULL },
	[MODULE_BUILD_ID] = { "build_id", FIELD_TEXT, STD, "build id of the code that is loaded",
		NULL },
	[MODULE_TAINT] = { "taint", FIELD_TEXT, STD, "taint letters, as the kernel prints them",
		NULL },
	[MODULE_TAINT_WORDS] = { "taint_words", FIELD_LIST, STD, "the same in words", NULL },
	[MODULE_OUT_OF_TREE] = { "out_of_tree", FIELD_FLAG, STD,
		"not built with the kernel (taint O)", NULL },
	[MODULE_UNSIGNED] = { "unsigned", FIELD_FLAG, STD,
		"loaded without a valid signature (taint E)", NULL },
	[MODULE_FORCED] = { "forced", FIELD_FLAG, STD,
		"loaded by force against its version (taint F)", NULL },
	[MODULE_PROPRIETARY] = { "proprietary", FIELD_FLAG, STD,
		"under a licence that is not free (taint P)", NULL },
	[MODULE_PARAMETERS] = { "parameters", FIELD_MAP, STD,
		"parameters that can be read, with their values", NULL },
	[MODULE_FILE] = { "file", FIELD_TEXT, STD, "its file by modules.dep of the running kernel",
		NULL },
	[MODULE_SHA256] = { "sha256", FIELD_DIGEST, STD, "SHA-256 of that file", NULL },
	[MODULE_PACKAGE] = { "package", FIELD_TEXT, STD, "package that owns that file", NULL },
	[MODULE_SIGNED] = { "signed", FIELD_FLAG, STD,
		"that file carries a signature (not looked for in compressed files)", NULL },
	[MODULE_SIGNER] = { "signer", FIELD_TEXT, STD,
		"who issued the certificate of that signature, and its serial number", NULL },
	[MODULE_RELEASE] = { "release", FIELD_TEXT, STD, "of the kernel: its release, as uname -r",
		NULL },
	[MODULE_LOCKDOWN] = { "lockdown", FIELD_TEXT, STD, "of the kernel: lockdown mode in force",
		NULL },
	[MODULE_LOADING_DISABLED] = { "loading_disabled", FIELD_FLAG, STD,
		"of the kernel: no module can be loaded until the next boot", NULL },
	[MODULE_SIGNATURES_ENFORCED] = { "signatures_enforced", FIELD_FLAG, STD,
		"of the kernel: only modules with a valid signature are loaded", NULL },
	[MODULE_COUNT] = { "count", FIELD_NUMBER, VOL, "of the kernel: loaded modules", NULL },
};
_Static_assert(ARRAY_LEN(fields) == MODULE_N, "every module_field needs a row");

const struct kind kind_module = {
	.name = "module",
	.text = "kernel modules, and the kernel's taint",
	.id = 11,
	.noun = "kernel module",
	.fields = fields,
	.n_fields = MODULE_N,
};
