#include "entity/user.h"

#include "core/attr.h"

static const struct field fields[] = {
	[USER_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == USER_N, "every user_field needs a row");

const struct kind kind_user = {
	.name = "user",
	.text = "accounts",
	.id = 6,
	.fields = fields,
	.n_fields = USER_N,
};
