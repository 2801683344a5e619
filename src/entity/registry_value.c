#include "entity/registry_value.h"

#include "core/attr.h"

#define STD FIELD_STANDARD
#define CNT (FIELD_STANDARD | FIELD_CONTENT)

static const char *const contents[] = { "hashed", "too-large", "unreadable", "secret", NULL };
_Static_assert(ARRAY_LEN(contents) == REGISTRY_CONTENT_N + 1,
	"every registry_content needs a name");

static const struct field fields[] = {
	[REGISTRY_VALUE_TYPE] = { "type", FIELD_TEXT, STD | FIELD_SPEAKS,
		"what the data is said to be: REG_SZ, REG_DWORD, …", NULL },
	[REGISTRY_VALUE_SIZE] = { "size", FIELD_NUMBER, CNT, "bytes of the data", NULL },
	[REGISTRY_VALUE_SHA256] = { "sha256", FIELD_DIGEST, CNT,
		"SHA-256 of the data as stored, every byte of it; of secrets keyed by this host",
		NULL },
	[REGISTRY_VALUE_CONTENT] = { "content", FIELD_CHOICE, FIELD_DERIVED,
		"whether the data was read, or why not", contents },
	[REGISTRY_VALUE_DATA] = { "data", FIELD_TEXT, STD,
		"the data for people to read: text, number, list or hex, at most 1 KiB; never of "
		"secrets",
		NULL },
	[REGISTRY_VALUE_HIDDEN_NAME] = { "hidden_name", FIELD_FLAG, STD,
		"its name holds a NUL: the usual functions cannot open it", NULL },
	[REGISTRY_VALUE_USER_COPY] = { "user_copy", FIELD_FLAG, FIELD_VOLATILE,
		"of a service's copy for one user, which runs what its template runs: there is "
		"another one at each logon",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == REGISTRY_VALUE_N, "every registry_value_field needs a row");

const struct kind kind_registry_value = {
	.name = "registry-value",
	.text = "values of the registry of Windows, their types and data",
	.id = 9,
	.noun = "registry value",
	.hierarchical = true,
	.keys = KEYS_VALUE,
	.fields = fields,
	.n_fields = REGISTRY_VALUE_N,
};
