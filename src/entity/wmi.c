#include "entity/wmi.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const char *const states[] = { "ok", "not-present", NULL };
static const char *const identities[] = { "rule", "class", "path", "singleton", "content", NULL };

static const struct field fields[] = {
	[WMI_STATE] = { "state", FIELD_CHOICE, STD,
		"of a query: ok, or its namespace or class is not there", states },
	[WMI_NAMESPACE] = { "namespace", FIELD_TEXT, STD, "where it was asked for: root\\cimv2",
		NULL },
	[WMI_CLASS] = { "class", FIELD_TEXT, STD, "class of the row", NULL },
	[WMI_PROPERTIES] = { "properties", FIELD_MAP, STD | FIELD_CONTENT | FIELD_TABLE,
		"what the row holds: property and value as JSON; a difference is a value of a "
		"property that both sides have",
		NULL },
	[WMI_IDENTITY] = { "identity", FIELD_CHOICE, FIELD_VOLATILE,
		"what the key is made of: keys named by the rule, of the class or in its path, the "
		"only instance, or a digest of the content",
		identities },
	[WMI_QUERY] = { "query", FIELD_TEXT, FIELD_VOLATILE, "of a query: its text", NULL },
	[WMI_SCHEMA] = { "schema", FIELD_MAP, STD | FIELD_TABLE,
		"of a query: the properties its classes delivered, with their types", NULL },
	[WMI_ROWS] = { "rows", FIELD_NUMBER, FIELD_VOLATILE, "of a query: how many rows it has",
		NULL },
	[WMI_IGNORED] = { "ignored", FIELD_LIST, FIELD_VOLATILE,
		"of a query: what was delivered and is not recorded, mostly properties", NULL },
	[WMI_IDENTITIES] = { "identities", FIELD_MAP, STD | FIELD_TABLE,
		"of a query: what tells the rows of each class apart: properties, '@' (there is "
		"one "
		"row), or 'content'; where it is another than before, all rows of the class are "
		"called otherwise",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == WMI_N, "every wmi_field needs a row");

const struct kind kind_wmi = {
	.name = "wmi",
	.text = "rows of WMI queries",
	.noun = "WMI row",
	.id = 10,
	.keys = KEYS_OF_RULE,
	.fields = fields,
	.n_fields = WMI_N,
};
