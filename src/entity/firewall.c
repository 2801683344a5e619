#include "entity/firewall.h"

#include "core/attr.h"

static const char *const types[] = { "summary", "table", "chain", "set", "map", "flowtable",
	"object", NULL };
_Static_assert(ARRAY_LEN(types) == FIREWALL_TYPE_N + 1, "every firewall_type needs a name");

#define STD FIELD_STANDARD
#define VOL (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[FIREWALL_TYPE] = { "type", FIELD_CHOICE, STD | FIELD_SPEAKS, "what it is", types },
	[FIREWALL_CHAIN_TYPE] = { "chain_type", FIELD_TEXT, STD,
		"type of a base chain: filter, nat, route; of an object: counter, quota, …", NULL },
	[FIREWALL_HOOK] = { "hook", FIELD_TEXT, STD,
		"where in the path of a packet a base chain is asked", NULL },
	[FIREWALL_PRIORITY] = { "priority", FIELD_TEXT, STD, "order among the chains of one hook",
		NULL },
	[FIREWALL_POLICY] = { "policy", FIELD_TEXT, STD,
		"what happens to a packet that no rule decides", NULL },
	[FIREWALL_DEVICES] = { "devices", FIELD_LIST, STD,
		"network devices a chain or flow table is bound to", NULL },
	[FIREWALL_RULES] = { "rules", FIELD_NUMBER, STD, "rules of a chain; of the summary: in all",
		NULL },
	[FIREWALL_SHA256] = { "sha256", FIELD_DIGEST, STD,
		"SHA-256 over rules or set elements without counters and handles", NULL },
	[FIREWALL_COMMENTS] = { "comments", FIELD_LIST, STD,
		"comments of the rules or of the set, in order", NULL },
	[FIREWALL_FLAGS] = { "flags", FIELD_LIST, STD,
		"flags of a table or set: dormant, constant, interval, timeout, …", NULL },
	[FIREWALL_KEY_TYPE] = { "key_type", FIELD_TEXT, STD,
		"type of the elements of a set: key, or key : value", NULL },
	[FIREWALL_ELEMENTS] = { "elements", FIELD_NUMBER, VOL, "elements of a set", NULL },
	[FIREWALL_CHAINS] = { "chains", FIELD_NUMBER, VOL, "of the summary: chains", NULL },
	[FIREWALL_SETS] = { "sets", FIELD_NUMBER, VOL, "of the summary: sets and maps", NULL },
	[FIREWALL_MEANS] = { "means", FIELD_LIST, STD,
		"of the summary: packet filters with anything in them", NULL },
	[FIREWALL_FILTERS_INPUT] = { "filters_input", FIELD_FLAG, STD,
		"of the summary: some rule or policy judges incoming packets", NULL },
	[FIREWALL_OWNER] = { "owner", FIELD_NUMBER, VOL,
		"netlink port of the program a table belongs to", NULL },
};
_Static_assert(ARRAY_LEN(fields) == FIREWALL_N, "every firewall_field needs a row");

const struct kind kind_firewall = {
	.name = "firewall",
	.text = "the packet filter: tables, chains and their rules",
	.id = 19,
	.noun = "firewall entry",
	.fields = fields,
	.n_fields = FIREWALL_N,
};
