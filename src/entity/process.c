#include "entity/process.h"

#include "core/attr.h"

static const struct field fields[] = {
	[PROCESS_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PROCESS_N, "every process_field needs a row");

const struct kind kind_process = {
	.name = "process",
	.text = "a program that runs: executable, user, unit or container; never a pid",
	.id = 3,
	.fields = fields,
	.n_fields = PROCESS_N,
};
