#include "entity/ssh_key.h"

#include "core/attr.h"

static const struct field fields[] = {
	[SSH_KEY_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SSH_KEY_N, "every ssh_key_field needs a row");

const struct kind kind_ssh_key = {
	.name = "ssh-key",
	.text = "keys that let somebody in by SSH",
	.id = 15,
	.fields = fields,
	.n_fields = SSH_KEY_N,
};
