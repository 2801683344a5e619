#include "entity/sysctl.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[SYSCTL_VALUE] = { "value", FIELD_TEXT, STD,
		"value in force; absent when there is no such setting now", NULL },
	[SYSCTL_CONFIGURED] = { "configured", FIELD_TEXT, STD, "value by sysctl.conf and sysctl.d",
		NULL },
	[SYSCTL_FILE] = { "file", FIELD_TEXT, STD, "file and line that say so", NULL },
	[SYSCTL_DIFFERS] = { "differs", FIELD_FLAG, STD, "in force is not what is configured",
		NULL },
	[SYSCTL_MODE] = { "mode", FIELD_MODE, 0, "permission bits of its file below /proc/sys",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == SYSCTL_N, "every sysctl_field needs a row");

const struct kind kind_sysctl = {
	.name = "sysctl",
	.text = "kernel settings below /proc/sys",
	.id = 12,
	.noun = "kernel setting",
	.fields = fields,
	.n_fields = SYSCTL_N,
};
