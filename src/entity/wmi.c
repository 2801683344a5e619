#include "entity/wmi.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[WMI_NAMESPACE] = { "namespace", FIELD_TEXT, STD, "namespace the query ran in", NULL },
	[WMI_CLASS] = { "class", FIELD_TEXT, STD, "class of the row itself", NULL },
	[WMI_PROPERTIES] = { "properties", FIELD_MAP, STD,
		"the compared properties, each as canonical text with its type", NULL },
	[WMI_SHA256] = { "sha256", FIELD_DIGEST, STD, "SHA-256 of the canonical row", NULL },
	[WMI_COUNT] = { "count", FIELD_NUMBER, STD,
		"how many equal rows there are; absent when there is one", NULL },
};
_Static_assert(ARRAY_LEN(fields) == WMI_N, "every wmi_field needs a row");

const struct kind kind_wmi = {
	.name = "wmi",
	.text = "rows of WMI queries",
	.id = 10,
	.noun = "WMI row",
	.keys = KEYS_OF_RULE,
	.fields = fields,
	.n_fields = WMI_N,
};
