#include "entity/group.h"

#include "entity/list.h"
#include "entity/user.h"
#include "sensor/user/account_text.h"
#include "sensor/user/local_windows.h"
#include "sensor/user/user_room.h"

/* Members that every Windows has, and who they are. */
static const struct {
	const char *sid, *name;
} known[] = {
	{ "S-1-1-0", "Everyone" },
	{ "S-1-5-4", "INTERACTIVE" },
	{ "S-1-5-6", "SERVICE" },
	{ "S-1-5-7", "ANONYMOUS LOGON" },
	{ "S-1-5-9", "ENTERPRISE DOMAIN CONTROLLERS" },
	{ "S-1-5-11", "Authenticated Users" },
	{ "S-1-5-17", "IUSR" },
	{ "S-1-5-18", "SYSTEM" },
	{ "S-1-5-19", "LOCAL SERVICE" },
	{ "S-1-5-20", "NETWORK SERVICE" },
};

static struct span name_of(const struct local *l, struct span sid)
{
	for (size_t i = 0; i < l->n_users; i++)
		if (l->user[i].sid.n && span_same(l->user[i].sid, sid))
			return l->user[i].name;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_is(sid, known[i].sid))
			return span_of(known[i].name);
	return SPAN_NONE;
}

static void set_members(const struct local *l, struct record *r, struct local_group *g)
{
	struct span *names = arena_get(l->arena, (g->n_members + 1) * sizeof *names);
	size_t n = 0;

	for (size_t i = 0; i < g->n_members; i++) {
		names[n] = name_of(l, g->member[i]);
		n += names[n].n > 0;
	}
	record_set_set(r, GROUP_MEMBERS, l->arena, g->member, g->n_members);
	record_set_set(r, GROUP_MEMBER_NAMES, l->arena, names, n);
}

static void emit_group(struct scan *s, const struct local *l, struct local_group *g)
{
	struct record *r = record_new(l->arena, &kind_group);
	uint64_t rid;

	r->key = g->name;
	if (g->sid.n)
		record_set_bytes(r, GROUP_SID, g->sid);
	if (g->comment.n)
		record_set_bytes(r, GROUP_COMMENT, g->comment);
	if (account_rid(g->sid, &rid)) {
		record_set_number(r, GROUP_GID, rid);
		record_set_number(r, GROUP_CLASS, rid < 1000 ? ACCOUNT_SYSTEM : ACCOUNT_HUMAN);
	}
	record_set_bytes(r, GROUP_SOURCE, span_of("SAM"));
	if (!g->whole) { /* nobody was removed: they are not known now */
		scan_gap_err(s, &kind_group, g->name, false, &g->why);
		scan_emit_part(s, r, field_bit(GROUP_MEMBERS) | field_bit(GROUP_MEMBER_NAMES));
		return;
	}
	set_members(l, r, g);
	scan_emit(s, r);
}

/* For the names beside SIDs; whoever cannot be asked for has none. */
static void read_users(struct local *l)
{
	struct local_account a;
	struct err e;

	if (local_users(l, &e) < 0)
		return;
	for (size_t i = 0; i < l->n_users; i++) {
		if (local_account(l, l->user[i].wide, &a, &e) < 0)
			continue;
		l->user[i].sid = local_sid(l->arena, a.sid);
		l->api->free(a.data);
		if (!l->user[i].sid.n)
			l->user[i].sid = local_sid_of(l->arena, l->user[i].wide);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct gap gap = { .kind = &kind_group, .subtree = true, .reason = GAP_SKIPPED };
	struct local l;

	if (!scan_asks_kind(s, &kind_group))
		return 0;
	if (local_open(&l, scan_arena(s), e) < 0) {
		if (e->code != ERR_MISSING)
			return e->code;
		gap.text = e->text;
		scan_gap(s, &gap);
		return 0;
	}
	if (local_groups(&l, e) < 0)
		return e->code;
	read_users(&l);
	for (size_t i = 0; i < l.n_groups && !scan_stopped(s); i++)
		emit_group(s, &l, &l.group[i]);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, "HKLM\\SAM\\SAM\\Domains\\Builtin\\Aliases", 0 },
	{ WATCH_REGISTRY, "HKLM\\SAM\\SAM\\Domains\\Account\\Aliases", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_group = {
	.kind = &kind_group,
	.source = "SAM",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
