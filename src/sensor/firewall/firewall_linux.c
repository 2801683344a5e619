#include "entity/firewall.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "core/attr.h"
#include "core/buf.h"
#include "entity/list.h"
#include "host/host.h"
#include "sensor/firewall/firewall_netlink.h"
#include "sensor/firewall/firewall_room.h"

#define LIST_BYTES ((size_t)1 << 20)
#define COMMENTS_MAX 4096
#define FLAGS_MAX 16
#define HOOK_INPUT 1

struct look {
	struct scan *scan;
	struct arena *a;
	struct record *r;
	bool nft, iptables; /* there is something in them */
	bool blind;         /* something could not be looked at: no summary of it … */
	bool blind_all;     /* … and a gap says so of everything */
	bool filters_input;
	uint64_t rules, chains, sets;
};

static void gap_err(struct look *l, const char *prefix, const struct err *e)
{
	l->blind = true;
	l->blind_all = l->blind_all || !*prefix;
	scan_gap_err(l->scan, &kind_firewall, span_of(prefix), true, e);
}

static void gap(struct look *l, struct span prefix, enum gap_reason why, const char *text)
{
	struct gap g = { .kind = &kind_firewall,
		.key = prefix,
		.subtree = true,
		.reason = why,
		.text = text };

	l->blind = true;
	l->blind_all = l->blind_all || prefix.n == 0;
	scan_gap(l->scan, &g);
}

/* '/' separates, '@' and ':' tell sorts apart: a name that holds one must not be another's key. */
static void add_name(struct buf *b, struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (strchr("/@:\\", name.p[i]) && name.p[i])
			buf_add_char(b, '\\');
		buf_add_char(b, name.p[i]);
	}
}

static void begin(struct look *l, const char *family, struct span table, const char *mark,
	struct span name, enum firewall_type type)
{
	AUTO(buf) b = BUF_INIT(8192);

	buf_addf(&b, "%s/", family);
	add_name(&b, table);
	if (name.p)
		buf_addf(&b, "/%s", mark);
	add_name(&b, name);
	l->r->has = 0;
	l->r->key = arena_copy(l->a, buf_span(&b));
	record_set_number(l->r, FIREWALL_TYPE, type);
}

/* ---- nf_tables ---- */

static void put_devices(struct look *l, struct span devices)
{
	struct span list[256], one;
	size_t n = 0;

	while (n < ARRAY_LEN(list) && devices.n && span_cut(&devices, '\0', &one))
		list[n++] = one;
	if (n)
		record_set_set(l->r, FIREWALL_DEVICES, l->a, list, n);
}

static void put_comments(struct look *l, const struct nft_comment *c)
{
	struct span *list;
	size_t n = 0;

	if (!c)
		return;
	list = arena_get(l->a, COMMENTS_MAX * sizeof *list);
	for (; c && n < COMMENTS_MAX; c = c->next)
		list[n++] = c->text;
	record_set_list(l->r, FIREWALL_COMMENTS, l->a, list, n);
}

static void put_flags(struct look *l, uint32_t flags, const char *const *names)
{
	struct span list[FLAGS_MAX];
	size_t n = 0;

	for (unsigned i = 0; names[i]; i++)
		if (flags & 1u << i)
			list[n++] = span_of(names[i]);
	if (n)
		record_set_list(l->r, FIREWALL_FLAGS, l->a, list, n);
}

static void put_digest(struct look *l, const struct nft_thing *x)
{
	if (x->has_digest)
		record_set_bytes(l->r, FIREWALL_SHA256,
			arena_copy(l->a, span_from(x->digest, sizeof x->digest)));
}

static void put_text(struct look *l, unsigned field, const char *text)
{
	record_set_bytes(l->r, field, span_of(text));
}

static void put_table(struct look *l, const struct nft_thing *x)
{
	static const char *const flags[] = { "dormant", "owner", "persist", NULL };

	put_flags(l, x->flags, flags);
	if (x->has_owner)
		record_set_number(l->r, FIREWALL_OWNER, x->owner);
}

static void put_chain(struct look *l, const struct nft_thing *x)
{
	const char *hook = x->base ? nft_hook_name(x->family, x->hook) : NULL;

	if (x->base) {
		put_text(l, FIREWALL_HOOK, hook ? hook : arena_format(l->a, "number %u", x->hook));
		put_text(l, FIREWALL_PRIORITY, arena_format(l->a, "%d", (int)x->priority));
		record_set_bytes(l->r, FIREWALL_CHAIN_TYPE, x->type);
		put_devices(l, x->devices);
	}
	if (x->has_policy)
		put_text(l, FIREWALL_POLICY, x->drops ? "drop" : "accept");
	record_set_number(l->r, FIREWALL_RULES, x->rules);
	put_digest(l, x);
	put_comments(l, x->comments);
	l->rules += x->rules;
	l->chains++;
	if (hook && strcmp(hook, "input") == 0 && span_is(x->type, "filter") &&
		(x->drops || x->rules))
		l->filters_input = true;
}

/* Types are the numbers of nft(8)'s own table (include/datatype.h); six bits for each part. */
static void add_type(struct buf *b, uint32_t type)
{
	static const char *const names[] = { [1] = "verdict",
		[4] = "integer",
		[5] = "string",
		[7] = "ipv4_addr",
		[8] = "ipv6_addr",
		[9] = "ether_addr",
		[10] = "ether_type",
		[12] = "inet_proto",
		[13] = "inet_service",
		[14] = "icmp_type",
		[15] = "tcp_flag",
		[19] = "mark",
		[20] = "iface_index",
		[41] = "ifname" };
	uint32_t last = type & 63;

	if (type == NFT_DATA_VERDICT)
		last = 1;
	else if (type >> 6) {
		add_type(b, type >> 6);
		buf_add_text(b, " . ");
	}
	if (last < ARRAY_LEN(names) && names[last])
		buf_add_text(b, names[last]);
	else
		buf_addf(b, "%u", last);
}

static void put_types(struct look *l, const struct nft_thing *x)
{
	AUTO(buf) b = BUF_INIT(1024);

	add_type(&b, x->key_type);
	if (x->flags & NFT_SET_OBJECT) {
		buf_add_text(&b, " : object");
	} else if (x->map) {
		buf_add_text(&b, " : ");
		add_type(&b, x->data_type);
	}
	record_set_bytes(l->r, FIREWALL_KEY_TYPE, arena_copy(l->a, buf_span(&b)));
}

static void put_set(struct look *l, const struct nft_thing *x)
{
	static const char *const flags[] = { NULL, "constant", "interval", "map", "timeout",
		"dynamic", "object", "concatenated", "stateful" };
	struct span list[FLAGS_MAX];
	size_t n = 0;

	for (unsigned i = 1; i < ARRAY_LEN(flags); i++)
		if (x->flags & 1u << i)
			list[n++] = span_of(flags[i]);
	if (n)
		record_set_list(l->r, FIREWALL_FLAGS, l->a, list, n);
	put_types(l, x);
	record_set_number(l->r, FIREWALL_ELEMENTS, x->elements);
	put_digest(l, x);
	put_comments(l, x->comments);
	l->sets++;
}

static void put_object(struct look *l, const struct nft_thing *x)
{
	record_set_bytes(l->r, FIREWALL_CHAIN_TYPE, x->type);
	put_digest(l, x);
}

static void put_flowtable(struct look *l, const struct nft_thing *x)
{
	static const char *const flags[] = { "offload", "counter", NULL };

	put_flags(l, x->flags, flags);
	put_text(l, FIREWALL_PRIORITY, arena_format(l->a, "%d", (int)x->priority));
	put_devices(l, x->devices);
}

static void emit_sort(struct look *l, const struct nft *n, enum nft_sort sort)
{
	static const struct {
		const char *mark;
		enum firewall_type type;
		void (*put)(struct look *l, const struct nft_thing *x);
	} sorts[NFT_SORTS] = {
		[NFT_TABLE] = { "", FIREWALL_TABLE, put_table },
		[NFT_CHAIN] = { "", FIREWALL_CHAIN, put_chain },
		[NFT_SET] = { "@", FIREWALL_SET, put_set },
		[NFT_OBJECT] = { "object:", FIREWALL_OBJECT, put_object },
		[NFT_FLOWTABLE] = { "flowtable:", FIREWALL_FLOWTABLE, put_flowtable },
	};
	size_t count;
	const struct nft_thing *list = nft_things(n, sort, &count);

	for (size_t i = 0; i < count; i++) {
		const struct nft_thing *x = &list[i];
		const char *family = nft_family_name(x->family);

		if (sort == NFT_SET && nft_is_anonymous(x))
			continue; /* part of the rules that use it */
		begin(l, family ? family : arena_format(l->a, "family-%u", x->family), x->table,
			sorts[sort].mark, sort == NFT_TABLE ? SPAN_NONE : x->name,
			sort == NFT_SET && x->map ? FIREWALL_MAP : sorts[sort].type);
		sorts[sort].put(l, x);
		l->nft = true;
		scan_emit(l->scan, l->r);
	}
}

/* Asking would make the kernel load nf_tables where nobody uses it. */
static bool may_ask_nft(struct look *l)
{
	struct host *h = scan_host(l->scan);
	struct span release, text;
	struct stat st;
	struct err e;

	if (host_stat(h, "sys/module/nf_tables", false, &st, &e) == 0 ||
		host_stat(h, "proc/modules", false, &st, &e) < 0)
		return true;
	if (host_read(h, "proc/sys/kernel/osrelease", 256, l->a, &release, &e) < 0)
		return false;
	while (release.n && release.p[release.n - 1] == '\n')
		release.n--;
	return host_read(h,
		       arena_format(l->a, "lib/modules/%s/modules.builtin",
			       arena_text(l->a, release)),
		       LIST_BYTES, l->a, &text, &e) == 0 &&
	       memmem(text.p, text.n, "/nf_tables.ko", 13) != NULL;
}

static void look_at_nft(struct look *l)
{
	struct nft n;
	struct err e = { 0 };
	int r;

	if (!may_ask_nft(l))
		return;
	r = netlink_ruleset(&n, l->a, &e);
	if (r == 0 && n.over)
		gap(l, SPAN_NONE, GAP_LIMIT, "a ruleset of nf_tables larger than we accept");
	if (r == 0 && n.bad)
		gap(l, SPAN_NONE, GAP_FORMAT,
			arena_format(l->a, "%u messages of nf_tables follow no format", n.bad));
	if (r == ERR_CHANGED)
		gap(l, SPAN_NONE, GAP_UNSTABLE, "the ruleset of nf_tables kept changing");
	else if (r < 0 && r != ERR_MISSING)
		gap_err(l, "", &e);
	for (unsigned i = 0; r == 0 && i < NFT_SORTS; i++)
		emit_sort(l, &n, i);
	nft_done(&n);
}

/* ---- iptables ---- */

static void emit_xt(struct look *l, const char *family, struct span table, const struct xt_chain *c)
{
	begin(l, family, table, "", c->name, FIREWALL_CHAIN);
	if (c->policy.n)
		record_set_bytes(l->r, FIREWALL_POLICY, c->policy);
	if (c->hook >= 0)
		put_text(l, FIREWALL_HOOK, nft_hook_name(2, (unsigned)c->hook));
	record_set_number(l->r, FIREWALL_RULES, c->rules);
	if (c->rules)
		record_set_bytes(l->r, FIREWALL_SHA256,
			arena_copy(l->a, span_from(c->digest, sizeof c->digest)));
	if (c->n_comments)
		record_set_list(l->r, FIREWALL_COMMENTS, l->a, c->comments,
			c->n_comments < COMMENTS_MAX ? c->n_comments : COMMENTS_MAX);
	l->iptables = true;
	l->rules += c->rules;
	l->chains++;
	if (c->hook == HOOK_INPUT && span_is(table, "filter") &&
		(c->rules || span_is(c->policy, "drop")))
		l->filters_input = true;
	scan_emit(l->scan, l->r);
}

static void look_at_table(struct look *l, const char *family, bool v6, struct span name)
{
	struct xt_table t;
	struct xt_chain *list;
	struct err e = { 0 };
	size_t n;
	int r = netlink_xt_table(&t, v6, name, l->a, &e);

	if (r == 0)
		r = xt_parse(&t, l->a, &list, &n, &e);
	if (r < 0) {
		if (r != ERR_MISSING)
			gap_err(l, arena_format(l->a, "%s/", family), &e);
		return;
	}
	begin(l, family, name, "", SPAN_NONE, FIREWALL_TABLE);
	scan_emit(l->scan, l->r);
	for (size_t i = 0; i < n; i++)
		emit_xt(l, family, name, &list[i]);
}

/* Only tables that are there: asking for another would load its module. */
static void look_at_iptables(struct look *l)
{
	static const struct {
		const char *family, *list;
	} both[] = {
		{ "iptables", "proc/self/net/ip_tables_names" },
		{ "ip6tables", "proc/self/net/ip6_tables_names" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(both); i++) {
		struct span text, name;
		struct err e = { 0 };
		int r = host_read(scan_host(l->scan), both[i].list, LIST_BYTES, l->a, &text, &e);

		if (r < 0 && r != ERR_MISSING)
			gap_err(l, arena_format(l->a, "%s/", both[i].family), &e);
		while (r == 0 && span_cut(&text, '\n', &name))
			if (name.n)
				look_at_table(l, both[i].family, i == 1, name);
	}
}

static void emit_summary(struct look *l)
{
	struct span means[2];
	size_t n = 0;

	if (l->blind) {
		struct gap g = { .kind = &kind_firewall,
			.key = span_of("firewall"),
			.reason = GAP_SKIPPED,
			.text = "not all of the packet filter could be looked at" };

		if (!l->blind_all)
			scan_gap(l->scan, &g);
		return;
	}
	l->r->has = 0;
	l->r->key = span_of("firewall");
	if (l->nft)
		means[n++] = span_of("nftables");
	if (l->iptables)
		means[n++] = span_of("iptables");
	record_set_number(l->r, FIREWALL_TYPE, FIREWALL_SUMMARY);
	record_set_set(l->r, FIREWALL_MEANS, l->a, means, n);
	record_set_number(l->r, FIREWALL_RULES, l->rules);
	record_set_number(l->r, FIREWALL_CHAINS, l->chains);
	record_set_number(l->r, FIREWALL_SETS, l->sets);
	record_set_number(l->r, FIREWALL_FILTERS_INPUT, l->filters_input);
	scan_emit(l->scan, l->r);
}

static int scan(struct scan *s, struct err *e)
{
	struct arena *a = scan_arena(s);
	struct look l = { .scan = s, .a = a, .r = record_new(a, &kind_firewall) };

	(void)e;
	if (!scan_asks_kind(s, &kind_firewall))
		return 0;
	look_at_nft(&l);
	look_at_iptables(&l);
	emit_summary(&l);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_NFTABLES, NULL, 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_firewall = {
	.kind = &kind_firewall,
	.source = "netlink",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
