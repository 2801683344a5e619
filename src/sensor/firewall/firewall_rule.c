#include "sensor/firewall/firewall_rule.h"

#include "core/attr.h"
#include "entity/firewall.h"
#include "entity/list.h"

enum shape {
	SHAPE_TEXT, /* as it stands; the last one counts */
	SHAPE_WORD, /* in lower case */
	SHAPE_LIST, /* may come several times */
	SHAPE_WORDS,
	SHAPE_FLAG, /* TRUE or FALSE */
	SHAPE_PROTOCOL
};

static const struct {
	const char *name;
	enum firewall_field field;
	enum shape shape;
} parts[] = {
	{ "Action", FIREWALL_ACTION, SHAPE_WORD },
	{ "Active", FIREWALL_ENABLED, SHAPE_FLAG },
	{ "Dir", FIREWALL_DIRECTION, SHAPE_WORD },
	{ "Protocol", FIREWALL_PROTOCOL, SHAPE_PROTOCOL },
	{ "Profile", FIREWALL_PROFILES, SHAPE_WORDS },
	{ "LPort", FIREWALL_LOCAL_PORTS, SHAPE_LIST },
	{ "LPort2_10", FIREWALL_LOCAL_PORTS, SHAPE_LIST },
	{ "LPort2_20", FIREWALL_LOCAL_PORTS, SHAPE_LIST },
	{ "LPort2_24", FIREWALL_LOCAL_PORTS, SHAPE_LIST },
	{ "LPort2_29", FIREWALL_LOCAL_PORTS, SHAPE_LIST },
	{ "RPort", FIREWALL_REMOTE_PORTS, SHAPE_LIST },
	{ "RPort2_10", FIREWALL_REMOTE_PORTS, SHAPE_LIST },
	{ "RPort2_25", FIREWALL_REMOTE_PORTS, SHAPE_LIST },
	{ "LA4", FIREWALL_LOCAL_ADDRESSES, SHAPE_LIST },
	{ "LA6", FIREWALL_LOCAL_ADDRESSES, SHAPE_LIST },
	{ "RA4", FIREWALL_REMOTE_ADDRESSES, SHAPE_LIST },
	{ "RA6", FIREWALL_REMOTE_ADDRESSES, SHAPE_LIST },
	{ "RA42", FIREWALL_REMOTE_ADDRESSES, SHAPE_LIST },
	{ "RA62", FIREWALL_REMOTE_ADDRESSES, SHAPE_LIST },
	{ "App", FIREWALL_PROGRAM, SHAPE_TEXT },
	{ "Svc", FIREWALL_SERVICE, SHAPE_TEXT },
	{ "Name", FIREWALL_NAME, SHAPE_TEXT },
	{ "Desc", FIREWALL_DESCRIPTION, SHAPE_TEXT },
	{ "EmbedCtxt", FIREWALL_GROUP, SHAPE_TEXT },
};

/* Assigned numbers of IANA; the others stay numbers. */
static const struct {
	const char *number, *name;
} protocols[] = {
	{ "1", "icmp" },
	{ "2", "igmp" },
	{ "6", "tcp" },
	{ "17", "udp" },
	{ "41", "ipv6" },
	{ "47", "gre" },
	{ "58", "icmpv6" },
	{ "256", "any" },
};

struct parse {
	struct arena *arena;
	struct record *record;
	struct span *item; /* of all lists, with the field each belongs to */
	unsigned char *of;
	size_t n;
};

static struct span lower_of(struct arena *a, struct span s)
{
	struct span copy = arena_copy(a, s);
	char *p = arena_get(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = copy.p[i] >= 'A' && copy.p[i] <= 'Z' ? (char)(copy.p[i] + 32) : copy.p[i];
	return span_from(p, s.n);
}

static struct span protocol_of(struct span number)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (span_is(number, protocols[i].number))
			return span_of(protocols[i].name);
	return number;
}

static void add_item(struct parse *p, unsigned field, struct span item)
{
	p->of[p->n] = (unsigned char)field;
	p->item[p->n++] = item;
}

static void set_part(struct parse *p, size_t row, struct span value)
{
	unsigned field = parts[row].field;

	switch (parts[row].shape) {
	case SHAPE_TEXT:
		record_set_bytes(p->record, field, value);
		break;
	case SHAPE_WORD:
		record_set_bytes(p->record, field, lower_of(p->arena, value));
		break;
	case SHAPE_LIST:
		add_item(p, field, value);
		break;
	case SHAPE_WORDS:
		add_item(p, field, lower_of(p->arena, value));
		break;
	case SHAPE_FLAG:
		record_set_number(p->record, field, span_is(lower_of(p->arena, value), "true"));
		break;
	case SHAPE_PROTOCOL:
		record_set_bytes(p->record, field, protocol_of(value));
		break;
	}
}

static void add_part(struct parse *p, struct span part)
{
	struct span value = part, name;

	span_cut(&value, '=', &name);
	for (size_t i = 0; value.p && i < ARRAY_LEN(parts); i++)
		if (span_is(name, parts[i].name)) {
			set_part(p, i, value);
			return;
		}
	add_item(p, FIREWALL_SETTINGS, part);
}

static void set_lists(struct parse *p)
{
	static const enum firewall_field lists[] = { FIREWALL_PROFILES, FIREWALL_LOCAL_PORTS,
		FIREWALL_REMOTE_PORTS, FIREWALL_LOCAL_ADDRESSES, FIREWALL_REMOTE_ADDRESSES,
		FIREWALL_SETTINGS };
	struct span *of = arena_get(p->arena, (p->n + 1) * sizeof *of);

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		size_t n = 0;

		for (size_t j = 0; j < p->n; j++)
			if (p->of[j] == lists[i])
				of[n++] = p->item[j];
		if (n)
			record_set_set(p->record, lists[i], p->arena, of, n);
	}
}

static size_t count_parts(struct span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '|';
	return n;
}

int firewall_rule_set(struct arena *a, struct span text, struct record *r, struct err *e)
{
	struct parse p = { .arena = a, .record = r };
	struct span rest = text, part;
	size_t n = count_parts(text);

	if (n > FIREWALL_PARTS_MAX)
		return err_set(e, ERR_LIMIT, "a rule of more than %d parts", FIREWALL_PARTS_MAX);
	if (!span_cut(&rest, '|', &part) || part.n < 2 || part.p[0] != 'v' || !rest.p)
		return err_set(e, ERR_FORMAT, "a rule that does not begin with a version");
	p.item = arena_get(a, n * sizeof *p.item);
	p.of = arena_get(a, n);
	record_set_number(r, FIREWALL_TYPE, FIREWALL_RULE);
	while (span_cut(&rest, '|', &part))
		if (part.n)
			add_part(&p, part);
	set_lists(&p);
	if (!record_has(r, FIREWALL_ACTION) || !record_has(r, FIREWALL_DIRECTION))
		return err_set(e, ERR_FORMAT, "a rule without an action or a direction");
	return 0;
}

bool firewall_profile_set(struct record *r, struct span name, uint64_t value)
{
	static const struct {
		const char *name;
		enum firewall_field field;
	} defaults[] = { { "DefaultInboundAction", FIREWALL_POLICY },
		{ "DefaultOutboundAction", FIREWALL_POLICY_OUT } };

	if (span_is(name, "EnableFirewall")) {
		record_set_number(r, FIREWALL_ENABLED, value != 0);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (span_is(name, defaults[i].name) && value <= 1) {
			record_set_bytes(r, defaults[i].field, span_of(value ? "block" : "allow"));
			return true;
		}
	return false;
}
