#include "entity/firewall.h"

#include "core/attr.h"

static const char *const types[] = { "summary", "table", "chain", "set", "map", "flowtable",
	"object", "rule", "profile", NULL };
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

		"what happens to a packet that no rule decides; of a profile: to one that comes in",
		NULL },
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
	[FIREWALL_NAME] = { "name", FIELD_TEXT, STD, "a rule of Windows: its name for people",
		NULL },
	[FIREWALL_ENABLED] = { "enabled", FIELD_FLAG, STD,
		"a rule of Windows is active; a profile: the firewall is on", NULL },
	[FIREWALL_DIRECTION] = { "direction", FIELD_TEXT, STD, "a rule of Windows: in or out",
		NULL },
	[FIREWALL_ACTION] = { "action", FIELD_TEXT, STD,
		"a rule of Windows: allow, block or bypass", NULL },
	[FIREWALL_PROTOCOL] = { "protocol", FIELD_TEXT, STD,
		"a rule of Windows: tcp, udp, … or its number; absent: any", NULL },
	[FIREWALL_LOCAL_PORTS] = { "local_ports", FIELD_LIST, STD,
		"a rule of Windows: ports, ranges, or names (RPC, …); absent: any", NULL },
	[FIREWALL_REMOTE_PORTS] = { "remote_ports", FIELD_LIST, STD, "the same of the other side",
		NULL },
	[FIREWALL_LOCAL_ADDRESSES] = { "local_addresses", FIELD_LIST, STD,
		"a rule of Windows: addresses, ranges or names (LocalSubnet, …); absent: any",
		NULL },
	[FIREWALL_REMOTE_ADDRESSES] = { "remote_addresses", FIELD_LIST, STD,
		"the same of the other side", NULL },
	[FIREWALL_PROGRAM] = { "program", FIELD_TEXT, STD,
		"a rule of Windows holds for this program only; System: the kernel", NULL },
	[FIREWALL_SERVICE] = { "service", FIELD_TEXT, STD,
		"a rule of Windows holds for this service only", NULL },
	[FIREWALL_PROFILES] = { "profiles", FIELD_LIST, STD,
		"a rule of Windows: domain, private, public; absent: all", NULL },
	[FIREWALL_GROUP] = { "group", FIELD_TEXT, STD, "a rule of Windows: what it belongs to",
		NULL },
	[FIREWALL_POLICY_OUT] = { "policy_out", FIELD_TEXT, STD,
		"of a profile: what happens to a packet that goes out when no rule decides", NULL },
	[FIREWALL_SETTINGS] = { "settings", FIELD_LIST, STD,
		"all else that a rule or profile of Windows says, NAME=VALUE", NULL },
	[FIREWALL_DESCRIPTION] = { "description", FIELD_TEXT, 0,
		"a rule of Windows: what it says of itself", NULL },
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
