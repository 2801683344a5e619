#include "sensor/firewall/firewall_xt.h"

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>

#include "core/attr.h"
#include "core/buf.h"
#include "sensor/firewall/firewall_canon.h"

#define CHAINS_MAX ((size_t)65536)
#define TARGET_NAME 30 /* u16 size, name[29], u8 revision */
#define RULE_BYTES_MAX ((size_t)1 << 17)

/* One entry, checked: every span lies within it. */
struct entry {
	size_t at, next;
	struct span address; /* struct ipt_ip, struct ip6t_ip6 */
	struct span matches;
	struct span target; /* with its head */
	struct span target_name;
};

/* Where a chain stands: with the entry that names it, and its first rule. */
struct place {
	size_t head, start;
};

struct parser {
	const struct xt_table *t;
	struct arena *a;
	struct buf chains; /* struct xt_chain each */
	struct buf places; /* struct place each */
	size_t end;        /* the entry that ends the table */
	struct buf comments;
	struct buf rule;
};

static void parser_done(struct parser *p)
{
	buf_done(&p->chains);
	buf_done(&p->places);
	buf_done(&p->comments);
	buf_done(&p->rule);
}

static uint16_t u16_at(struct span s, size_t at)
{
	uint16_t n;

	memcpy(&n, s.p + at, sizeof n);
	return n;
}

static struct span name_of(struct span piece)
{
	struct span name = span_from(piece.p + 2, TARGET_NAME - 1);
	const char *end = memchr(name.p, '\0', name.n);

	name.n = end ? (size_t)(end - name.p) : name.n;
	return name;
}

static bool read_entry(const struct xt_table *t, size_t at, struct entry *ret)
{
	size_t head = t->v6 ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);
	size_t address = t->v6 ? sizeof(struct ip6t_ip6) : sizeof(struct ipt_ip);
	size_t offsets = t->v6 ? offsetof(struct ip6t_entry, target_offset)
			       : offsetof(struct ipt_entry, target_offset);
	struct span rest = span_from_offset(t->entries, at);
	uint16_t target, next;

	if (rest.n < head)
		return false;
	target = u16_at(rest, offsets);
	next = u16_at(rest, offsets + 2);
	if (target < head || next > rest.n || next < target ||
		(size_t)(next - target) < sizeof(struct xt_entry_target))
		return false;
	ret->at = at;
	ret->next = at + next;
	ret->address = span_from(rest.p, address);
	ret->matches = span_from(rest.p + head, target - head);
	ret->target = span_from(rest.p + target, (size_t)(next - target));
	ret->target_name = name_of(ret->target);
	return true;
}

/* The chain that begins at `start`; SIZE_MAX: none does. */
static size_t chain_at(const struct parser *p, size_t start)
{
	const struct place *places = (const struct place *)(const void *)p->places.p;
	size_t low = 0, n = p->places.n / sizeof *places, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (places[mid].start < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && places[low].start == start ? low : SIZE_MAX;
}

static struct xt_chain *chain(const struct parser *p, size_t i)
{
	return (struct xt_chain *)(void *)p->chains.p + i;
}

/* Verdicts of the standard target: below 0 for good, else the offset of where to go on. */
static bool verdict(const struct entry *x, int32_t *ret)
{
	if (x->target_name.n || x->target.n < sizeof(struct xt_standard_target))
		return false;
	memcpy(ret, x->target.p + offsetof(struct xt_standard_target, verdict), sizeof *ret);
	return true;
}

static int find_chains(struct parser *p, struct err *e)
{
	static const char *const hooks[XT_HOOKS] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
		"POSTROUTING" };
	struct entry x;

	for (size_t at = 0; at < p->t->entries.n; at = x.next) {
		struct xt_chain c = { .hook = -1 };
		struct place place = { at, at };

		if (!read_entry(p->t, at, &x))
			return err_set(e, ERR_FORMAT, "no entry of a table at byte %zu", at);
		for (int i = 0; i < XT_HOOKS; i++)
			if ((p->t->valid_hooks & 1u << i) && p->t->hook_entry[i] == at) {
				c.hook = i;
				c.name = span_of(hooks[i]);
			}
		p->end = at;
		if (span_is(x.target_name, XT_ERROR_TARGET) && x.next < p->t->entries.n &&
			x.target.n >= sizeof(struct xt_error_target)) {
			struct span text =
				span_from(x.target.p + offsetof(struct xt_error_target, errorname),
					XT_FUNCTION_MAXNAMELEN);

			c.name = arena_copy(p->a, span_from(text.p, strnlen(text.p, text.n)));
			place.start = x.next;
		}
		if (!c.name.p)
			continue;
		buf_add(&p->chains, &c, sizeof c);
		buf_add(&p->places, &place, sizeof place);
	}
	if (p->chains.full || p->places.full)
		return err_set(e, ERR_LIMIT, "more chains than we accept");
	return 0;
}

static void add_piece(struct parser *p, struct span s)
{
	uint32_t n = (uint32_t)s.n;

	buf_add(&p->rule, &n, sizeof n);
	buf_add_span(&p->rule, s);
}

static void add_comment(struct parser *p, struct span match)
{
	struct span text = span_from_offset(match, sizeof(struct xt_entry_match));

	if (text.n)
		text.n = strnlen(text.p, text.n);
	text = arena_copy(p->a, text);
	buf_add(&p->comments, &text, sizeof text);
}

/* Where a jump goes is an offset that moves with every other chain: its name stands for it. */
static void add_target(struct parser *p, const struct entry *x)
{
	int32_t v;
	size_t to;

	if (!verdict(x, &v)) {
		add_piece(p, x->target);
		return;
	}
	to = v >= 0 ? chain_at(p, (size_t)v) : SIZE_MAX;
	if (to != SIZE_MAX)
		add_piece(p, chain(p, to)->name);
	else if (v >= 0 && (size_t)v == x->next)
		add_piece(p, span_of("")); /* goes on with the next rule */
	else
		add_piece(p, span_from(&v, sizeof v));
}

static void add_rule(struct parser *p, struct xt_chain *c, const struct entry *x)
{
	struct span rest = x->matches;
	uint8_t digest[SHA256_SIZE];

	buf_clear(&p->rule);
	add_piece(p, x->address);
	while (rest.n >= sizeof(struct xt_entry_match)) {
		uint16_t n = u16_at(rest, 0);

		if (n < sizeof(struct xt_entry_match) || n > rest.n)
			break;
		if (span_is(name_of(rest), "comment"))
			add_comment(p, span_from(rest.p, n));
		add_piece(p, span_from(rest.p, n));
		rest = span_from_offset(rest, n);
	}
	add_target(p, x);
	sha256_once(p->rule.p, p->rule.n, digest);
	canon_fold(c->digest, digest);
	c->rules++;
}

static void take_comments(struct parser *p, struct xt_chain *c)
{
	c->n_comments = p->comments.n / sizeof *c->comments;
	c->comments = arena_get(p->a, p->comments.n + 1);
	if (p->comments.n)
		memcpy(c->comments, p->comments.p, p->comments.n);
	buf_clear(&p->comments);
}

/* The last entry of a chain is its policy, or the way back. */
static void read_chain(struct parser *p, size_t i)
{
	const struct place *places = (const struct place *)(const void *)p->places.p;
	size_t n = p->places.n / sizeof *places, end = i + 1 < n ? places[i + 1].head : p->end;
	struct xt_chain *c = chain(p, i);
	struct entry x = { .next = places[i].start };
	int32_t v;

	while (x.next < end && read_entry(p->t, x.next, &x)) {
		if (x.next < end)
			add_rule(p, c, &x);
		else if (c->hook >= 0 && verdict(&x, &v))
			c->policy = span_of(v == -NF_ACCEPT - 1 ? "accept"
					    : v == -NF_DROP - 1 ? "drop"
								: "other");
	}
	take_comments(p, c);
}

int xt_parse(const struct xt_table *t, struct arena *a, struct xt_chain **ret, size_t *ret_n,
	struct err *e)
{
	AUTO(parser)
	p = { t, a, BUF_INIT(CHAINS_MAX * sizeof(struct xt_chain)),
		BUF_INIT(CHAINS_MAX * sizeof(struct place)), 0, BUF_INIT((size_t)16 << 20),
		BUF_INIT(RULE_BYTES_MAX) };

	if (find_chains(&p, e) < 0)
		return e->code;
	*ret_n = p.chains.n / sizeof **ret;
	for (size_t i = 0; i < *ret_n; i++)
		read_chain(&p, i);
	*ret = arena_get(a, p.chains.n + 1);
	if (p.chains.n)
		memcpy(*ret, p.chains.p, p.chains.n);
	return 0;
}
