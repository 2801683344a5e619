#include "entity/hidden.h"

#include "core/attr.h"

static const struct field fields[] = {
	[HIDDEN_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == HIDDEN_N, "every hidden_field needs a row");

const struct kind kind_hidden = {
	.name = "hidden",
	.text = "what one view of the system shows and another hides",
	.id = 23,
	.fields = fields,
	.n_fields = HIDDEN_N,
};
