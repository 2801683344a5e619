#include "entity/registry_key.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[REGISTRY_KEY_OWNER] = { "owner", FIELD_TEXT, STD, "SID of the owner", NULL },
	[REGISTRY_KEY_GROUP] = { "group", FIELD_TEXT, STD, "SID of the primary group", NULL },
	[REGISTRY_KEY_DACL] = { "dacl", FIELD_TEXT, STD,
		"who may do what: control bits, then each entry as type;flags;mask;SID", NULL },
	[REGISTRY_KEY_SACL] = { "sacl", FIELD_TEXT, 0,
		"what is audited; absent without the privilege to read it", NULL },
	[REGISTRY_KEY_CLASS] = { "class", FIELD_TEXT, STD, "class of the key", NULL },
	[REGISTRY_KEY_LINK_TARGET] = { "link_target", FIELD_TEXT, STD,
		"where a link leads; what lies there is not walked", NULL },
	[REGISTRY_KEY_LAST_WRITE] = { "last_write", FIELD_TIME, FIELD_LOCAL,
		"last change of a value or of the list of sub-keys", NULL },
	[REGISTRY_KEY_VOLATILE] = { "volatile", FIELD_FLAG, STD, "gone with the next start", NULL },
	[REGISTRY_KEY_HIDDEN_NAME] = { "hidden_name", FIELD_FLAG, STD,
		"its name holds a NUL: the usual functions cannot open it", NULL },
	[REGISTRY_KEY_SUBKEY_COUNT] = { "subkey_count", FIELD_NUMBER, 0, "number of sub-keys",
		NULL },
	[REGISTRY_KEY_VALUE_COUNT] = { "value_count", FIELD_NUMBER, 0, "number of values", NULL },
	[REGISTRY_KEY_USER_COPY] = { "user_copy", FIELD_FLAG, FIELD_VOLATILE,
		"of a service's copy for one user, which runs what its template runs: there is "
		"another one at each logon",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == REGISTRY_KEY_N, "every registry_key_field needs a row");

const struct kind kind_registry_key = {
	.name = "registry-key",
	.text = "keys of the registry of Windows",
	.id = 8,
	.noun = "registry key",
	.hierarchical = true,
	.keys = KEYS_REGISTRY,
	.fields = fields,
	.n_fields = REGISTRY_KEY_N,
};
