#include "entity/group.h"

#include "core/buf.h"
#include "entity/list.h"
#include "host/host.h"
#include "sensor/user/table.h"
#include "sensor/user/user_room.h"

#define SECRET_FIELDS \
	(field_bit(GROUP_ADMINISTRATORS) | field_bit(GROUP_SHADOW_MEMBERS) | \
		field_bit(GROUP_PASSWORD) | field_bit(GROUP_PASSWORD_SCHEME) | \
		field_bit(GROUP_PASSWORD_DIGEST))
#define SCRATCH_EACH 256

struct one_group {
	struct group_line line;
	struct span shadow; /* its line in gshadow; p NULL: none */
	uint32_t number;
	uint32_t first, ordinal, doubles; /* among those of its name, as of a user */
	uint32_t joined;                  /* members by systemd's records: a chain */
	bool doubled, shared_gid;
};

struct groups {
	struct scan *scan;
	struct one_group *list;
	size_t n, cap;
	struct table by_name, by_gid;
	struct source group, gshadow;
	struct password_digester digester;
	struct id_range range;
	uint64_t asks;
	struct arena *scratch;
	struct record *record;
	struct chain chain;
	struct buf members; /* of the group at hand, separated by commas */
};

static struct slot *slot_of_name(const struct groups *g, struct span name, uint32_t hash)
{
	for (uint32_t i = hash;; i++) {
		struct slot *x = &g->by_name.slot[i & g->by_name.mask];

		if (x->at == NOBODY ||
			(x->hash == hash && span_same(g->list[x->at].line.name, name)))
			return x;
	}
}

static uint32_t find_name(const struct groups *g, struct span name)
{
	return slot_of_name(g, name, hash_text(name))->at;
}

/* As of accounts: the files are mostly in the same order. */
static uint32_t find_next(const struct groups *g, struct span name, uint32_t *last)
{
	uint32_t at = *last + 1;

	if (at >= g->n || !span_same(g->list[at].line.name, name))
		at = find_name(g, name);
	else
		at = g->list[at].first;
	if (at != NOBODY)
		*last = at;
	return at;
}

static struct slot *slot_of_gid(const struct groups *g, uint32_t gid)
{
	for (uint32_t i = hash_number(gid);; i++) {
		struct slot *x = &g->by_gid.slot[i & g->by_gid.mask];

		if (x->at == NOBODY || x->hash == gid)
			return x;
	}
}

static void index_group(struct groups *g, uint32_t at)
{
	struct one_group *x = &g->list[at], *y;
	uint32_t hash = hash_text(x->line.name);
	struct slot *slot = slot_of_name(g, x->line.name, hash);

	x->first = at;
	if (slot->at == NOBODY) {
		*slot = (struct slot){ hash, at };
	} else {
		y = &g->list[slot->at];
		x->first = slot->at;
		x->ordinal = ++y->doubles;
		x->doubled = y->doubled = true;
	}
	if (!x->line.has_ids)
		return;
	slot = slot_of_gid(g, x->line.gid);
	if (slot->at == NOBODY)
		*slot = (struct slot){ x->line.gid, at };
	else
		g->list[slot->at].shared_gid = x->shared_gid = true;
}

static void read_group(struct groups *g)
{
	struct lines l;
	struct span line;

	g->group = source_read(g->scan, &kind_group, "etc/group", true);
	g->cap = lines_count(g->group.text);
	g->cap = g->cap < ACCOUNTS_MAX ? g->cap : ACCOUNTS_MAX;
	g->list = arena_get(scan_arena(g->scan), g->cap * sizeof *g->list);
	g->by_name = table_new(scan_arena(g->scan), g->cap);
	g->by_gid = table_new(scan_arena(g->scan), g->cap);
	for (l = lines_of(g->group.text); lines_next(&l, &line);) {
		struct one_group x = { .number = (uint32_t)l.number, .ordinal = 1, .doubles = 1 };
		struct err e;
		int r = group_from_line(line, &x.line, &e);

		if (r == 0 && g->n == g->cap)
			r = err_set(&e, ERR_LIMIT, "more than %zu groups", g->cap);
		if (r < 0) {
			bad_line(&g->group.bad, l.number, &e);
			continue;
		}
		g->list[g->n] = x;
		index_group(g, (uint32_t)g->n++);
	}
	source_done(g->scan, &kind_group, &g->group, true);
}

static void read_gshadow(struct groups *g)
{
	struct lines l;
	struct span line;
	uint32_t last = NOBODY;

	g->gshadow = source_read(g->scan, &kind_group, "etc/gshadow", false);
	for (l = lines_of(g->gshadow.text); lines_next(&l, &line);) {
		struct gshadow_line x;
		struct err e;
		uint32_t at;

		if (gshadow_from_line(line, &x, &e) < 0) {
			bad_line(&g->gshadow.bad, l.number, &e);
			continue;
		}
		at = find_next(g, x.name, &last);
		if (at != NOBODY && !g->list[at].shadow.p)
			g->list[at].shadow = line;
	}
	source_done(g->scan, &kind_group, &g->gshadow, false);
}

static void read_settings(struct groups *g)
{
	struct span text;
	struct err e;

	g->range = (struct id_range){ 1000, 60000 };
	if (host_read(scan_host(g->scan), "etc/login.defs", ACCOUNT_BYTES_MAX, scan_arena(g->scan),
		    &text, &e) < 0)
		return;
	g->range.min = login_defs_number(text, "GID_MIN", g->range.min);
	g->range.max = login_defs_number(text, "GID_MAX", g->range.max);
}

/* An empty password in gshadow is none at all: nobody but members may join (gshadow(5)). */
static void set_password(struct groups *g, struct span text)
{
	struct record *r = g->record;
	struct span hash;
	enum password_state state = password_state_of(text, &hash);

	record_set_number(r, GROUP_PASSWORD, state == PASSWORD_EMPTY ? PASSWORD_DISABLED : state);
	if (hash.n == 0)
		return;
	record_set_bytes(r, GROUP_PASSWORD_SCHEME, span_of(password_scheme_of(hash)));
	if (g->asks & field_bit(GROUP_PASSWORD_DIGEST)) {
		uint8_t *digest = arena_get(g->scratch, 32);

		digester_run(&g->digester, hash, digest);
		record_set_bytes(r, GROUP_PASSWORD_DIGEST, span_from(digest, 32));
	}
}

/* Members by gshadow, shown only where they differ from those by group. */
static void set_shadow_members(struct groups *g, struct span members)
{
	struct record *r = g->record;

	set_from_commas(r, GROUP_SHADOW_MEMBERS, g->scratch, members);
	if (!record_has(r, GROUP_SHADOW_MEMBERS))
		return;
	if (record_has(r, GROUP_MEMBERS) &&
		span_same(r->v[GROUP_MEMBERS].bytes, r->v[GROUP_SHADOW_MEMBERS].bytes))
		r->has &= ~field_bit(GROUP_SHADOW_MEMBERS);
}

static uint64_t set_secrets(struct groups *g, const struct one_group *x)
{
	struct gshadow_line shadow;
	struct err e;
	bool has, shadowed = password_is_shadowed(x->line.password);
	struct span line = g->list[x->first].shadow;

	has = line.p && gshadow_from_line(line, &shadow, &e) == 0;
	if (has) {
		set_from_commas(g->record, GROUP_ADMINISTRATORS, g->scratch, shadow.administrators);
		set_shadow_members(g, shadow.members);
	}
	if (!shadowed) {
		set_password(g, x->line.password);
	} else if (has) {
		set_password(g, shadow.password);
	} else if (g->gshadow.whole) {
		record_set_number(g->record, GROUP_PASSWORD, PASSWORD_DISABLED);
	}
	record_set_number(g->record, GROUP_PASSWORD_EXPOSED,
		!shadowed && record_has(g->record, GROUP_PASSWORD_SCHEME));
	return has || g->gshadow.whole ? 0 : SECRET_FIELDS;
}

static struct span key_of(struct groups *g, const struct one_group *x)
{
	struct span name = x->line.name.n ? x->line.name : span_of(ACCOUNT_UNNAMED);
	const char *text;

	if (x->ordinal == 1)
		return name;
	text = arena_format(g->scratch, "%.*s#%u", SPAN_ARG(name), x->ordinal);
	while (find_name(g, span_of(text)) != NOBODY)
		text = arena_format(g->scratch, "%s#", text);
	return span_of(text);
}

static void join_member(void *ctx, struct span user, struct span group)
{
	struct groups *g = ctx;
	uint32_t at = find_name(g, group);

	if (at != NOBODY)
		chain_add(&g->chain, &g->list[at].joined, user);
}

static void read_memberships(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->list[i].joined = NOBODY;
	if (g->n)
		userdb_memberships(g->scan, &kind_group, join_member, g);
}

static struct span members_of(struct groups *g, const struct one_group *x)
{
	if (x->joined == NOBODY)
		return x->line.members;
	buf_clear(&g->members);
	buf_add_span(&g->members, x->line.members);
	for (uint32_t i = x->joined; i != NOBODY; i = g->chain.item[i].next) {
		buf_add_text(&g->members, ",");
		buf_add_span(&g->members, g->chain.item[i].text);
	}
	return buf_span(&g->members);
}

static void emit_group(struct groups *g, const struct one_group *x)
{
	struct record *r = g->record;

	r->has = 0;
	r->key = key_of(g, x);
	if (x->line.has_ids) {
		record_set_number(r, GROUP_GID, x->line.gid);
		record_set_number(r, GROUP_CLASS, class_of(g->range, x->line.gid));
	}
	set_from_commas(r, GROUP_MEMBERS, g->scratch, members_of(g, x));
	record_set_number(r, GROUP_DUPLICATE_GID, x->shared_gid);
	record_set_number(r, GROUP_DUPLICATE, x->doubled);
	record_set_bytes(r, GROUP_SOURCE, span_of(x->line.nis ? "/etc/group (NIS)" : "/etc/group"));
	record_set_number(r, GROUP_LINE, x->number);
	scan_emit_part(g->scan, r, set_secrets(g, x));
}

static int scan_groups(struct scan *s, struct err *e)
{
	AUTO_FREE(arena) scratch = arena_new();
	struct groups g = { .scan = s, .scratch = scratch };

	(void)e;
	if (!scan_asks_kind(s, &kind_group))
		return 0;
	g.record = record_new(scan_arena(s), &kind_group);
	g.asks = scan_asks_kind(s, &kind_group);
	digester_init(&g.digester, scan_host(s));
	read_group(&g);
	read_gshadow(&g);
	read_memberships(&g);
	read_settings(&g);
	g.members = BUF_INIT(ACCOUNT_BYTES_MAX * 2);
	for (size_t i = 0; i < g.n && !((i & 255) == 0 && scan_stopped(s)); i++) {
		emit_group(&g, &g.list[i]);
		if (i % SCRATCH_EACH == 0)
			arena_clear(scratch);
	}
	chain_done(&g.chain);
	buf_done(&g.members);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/group", 0 },
	{ WATCH_FILE, "/etc/gshadow", 0 },
	{ WATCH_FILE, "/etc/login.defs", 0 },
	{ WATCH_FILE, "/etc/passwd", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_group = {
	.kind = &kind_group,
	.source = "group",
	.scan = scan_groups,
	.watches = watches,
};
