#include "entity/hidden.h"

#include "core/attr.h"

static const char *const types[] = { "process", "port", "directory", "file", "mount", "module",
	NULL };
_Static_assert(ARRAY_LEN(types) == HIDDEN_TYPE_N + 1, "every hidden_type needs a name");

#define NOW (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[HIDDEN_TYPE] = { "type", FIELD_CHOICE, FIELD_STANDARD | FIELD_SPEAKS, "what is hidden",
		types },
	[HIDDEN_SEEN_BY] = { "seen_by", FIELD_LIST, FIELD_STANDARD,
		"views of the system that show it", NULL },
	[HIDDEN_MISSING_FROM] = { "missing_from", FIELD_LIST, FIELD_STANDARD,
		"views that should show it and do not", NULL },
	[HIDDEN_DETAIL] = { "detail", FIELD_TEXT, NOW, "what was found, in a sentence", NULL },
	[HIDDEN_EXE] = { "exe", FIELD_TEXT, FIELD_STANDARD, "executable of a hidden process",
		NULL },
	[HIDDEN_COMMAND] = { "command", FIELD_TEXT, NOW, "what a hidden process calls itself",
		NULL },
	[HIDDEN_USER] = { "user", FIELD_TEXT, NOW, "number of the user a hidden process runs as",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == HIDDEN_N, "every hidden_field needs a row");

const struct kind kind_hidden = {
	.name = "hidden",
	.text = "what one view of the system shows and another hides",
	.id = 23,
	.noun = "hidden thing",
	.fields = fields,
	.n_fields = HIDDEN_N,
};
