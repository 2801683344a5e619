#include "entity/firewall.h"

#include "core/attr.h"

static const struct field fields[] = {
	[FIREWALL_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == FIREWALL_N, "every firewall_field needs a row");

const struct kind kind_firewall = {
	.name = "firewall",
	.text = "the packet filter: tables, chains and their rules",
	.id = 19,
	.fields = fields,
	.n_fields = FIREWALL_N,
};
