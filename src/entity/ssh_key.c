#include "entity/ssh_key.h"

#include "core/attr.h"

static const char *const roles[] = { "authorized", "user-ca", "principal", "host", "command",
	NULL };
_Static_assert(ARRAY_LEN(roles) == SSH_ROLE_N + 1, "every ssh_key_role needs a name");

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[SSH_KEY_ROLE] = { "role", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"authorized: lets its owner in; user-ca: signs certificates that do; principal: a "
		"name "
		"in one that does; host: the server's own; command: a program that tells more keys",
		roles },
	[SSH_KEY_USER] = { "user", FIELD_TEXT, STD, "account it opens; of a command: who runs it",
		NULL },
	[SSH_KEY_TYPE] = { "type", FIELD_TEXT, STD, "ssh-ed25519, ssh-rsa, …", NULL },
	[SSH_KEY_BITS] = { "bits", FIELD_NUMBER, STD, "length of the key", NULL },
	[SSH_KEY_FINGERPRINT] = { "fingerprint", FIELD_TEXT, STD, "as ssh-keygen -l prints it",
		NULL },
	[SSH_KEY_COMMENT] = { "comment", FIELD_TEXT, STD,
		"what stands behind the key: mostly whose it is", NULL },
	[SSH_KEY_OPTIONS] = { "options", FIELD_LIST, STD, "options in front of the key, as written",
		NULL },
	[SSH_KEY_COMMAND] = { "command", FIELD_TEXT, STD,
		"the only command that may be run; of role command: the program", NULL },
	[SSH_KEY_FROM] = { "from", FIELD_TEXT, STD, "hosts it may be used from", NULL },
	[SSH_KEY_CERTIFICATE_AUTHORITY] = { "certificate_authority", FIELD_FLAG, STD,
		"not the key itself but certificates signed by it let in", NULL },
	[SSH_KEY_PRINCIPALS] = { "principals", FIELD_TEXT, STD,
		"names a certificate must hold one of", NULL },
	[SSH_KEY_EXPIRES] = { "expires", FIELD_TIME, STD, "when it ceases to be accepted", NULL },
	[SSH_KEY_FILE] = { "file", FIELD_TEXT, STD, "the file it stands in", NULL },
	[SSH_KEY_FILE_UID] = { "file_uid", FIELD_NUMBER, STD, "uid of that file's owner", NULL },
	[SSH_KEY_WRITABLE] = { "writable", FIELD_FLAG, STD,
		"others than the owner of that file may write to it", NULL },
	[SSH_KEY_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL, "line in that file",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == SSH_KEY_N, "every ssh_key_field needs a row");

const struct kind kind_ssh_key = {
	.name = "ssh-key",
	.text = "keys that let somebody in by SSH",
	.id = 15,
	.noun = "SSH key",
	.fields = fields,
	.n_fields = SSH_KEY_N,
};
