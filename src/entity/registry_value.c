#include "entity/registry_value.h"

#include "core/attr.h"

#define STD FIELD_STANDARD
#define CNT (FIELD_STANDARD | FIELD_CONTENT)

/* By number; others are shown as their number. */
static const char *const types[] = { "REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY",
	"REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_LINK", "REG_MULTI_SZ", "REG_RESOURCE_LIST",
	"REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD", NULL };
static const char *const contents[] = { "hashed", "too-large", "unreadable", NULL };

static const struct field fields[] = {
	[REGISTRY_VALUE_TYPE] = { "type", FIELD_CHOICE, STD, "what the data is said to be", types },
	[REGISTRY_VALUE_SIZE] = { "size", FIELD_NUMBER, CNT, "bytes of the data", NULL },
	[REGISTRY_VALUE_SHA256] = { "sha256", FIELD_DIGEST, CNT,
		"SHA-256 of the data as stored, every byte of it", NULL },
	[REGISTRY_VALUE_CONTENT] = { "content", FIELD_CHOICE, FIELD_DERIVED,
		"whether the data was read, or why not", contents },
	[REGISTRY_VALUE_DATA] = { "data", FIELD_TEXT, FIELD_DERIVED,
		"the data for people to read: text, number or list, its beginning only", NULL },
	[REGISTRY_VALUE_HIDDEN_NAME] = { "hidden_name", FIELD_FLAG, STD,
		"its name holds a NUL: the usual functions cannot open it", NULL },
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
