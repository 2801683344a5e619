#include "entity/user.h"

#include <stdlib.h>

#include "core/time.h"
#include "entity/list.h"
#include "os/clock.h"
#include "os/windows/wide.h"
#include "sensor/user/account_text.h"
#include "sensor/user/local_windows.h"
#include "sensor/user/user_room.h"

#define ADMINISTRATORS "S-1-5-32-544"
#define FRESH_MS 1100
#define GROUPS_OF_ONE 4096

struct room {
	struct scan *scan;
	struct local local;
	bool groups; /* all groups and all their members are known */
	bool waited;
};

static void set_text(struct scan *s, struct record *r, unsigned field, const wchar_t *w)
{
	struct span text = wide_to_span_z(scan_arena(s), w);

	if (text.n)
		record_set_bytes(r, field, text);
}

static bool is_member(const struct local_group *g, struct span sid)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (span_same(g->member[i], sid))
			return true;
	return false;
}

/* groups and superuser; the fields that cannot be known now. */
static uint64_t set_groups(struct room *x, struct record *r, struct span sid)
{
	struct span names[GROUPS_OF_ONE];
	bool admin = record_has(r, USER_PRIVILEGE) &&
		     r->v[USER_PRIVILEGE].number == ACCOUNT_ADMINISTRATOR;
	size_t n = 0;

	if (!x->groups && !admin)
		return field_bit(USER_GROUPS) | field_bit(USER_SUPERUSER);
	for (size_t i = 0; x->groups && i < x->local.n_groups && n < ARRAY_LEN(names); i++) {
		const struct local_group *g = &x->local.group[i];

		if (!sid.n || !is_member(g, sid))
			continue;
		names[n++] = g->name;
		admin |= span_is(g->sid, ADMINISTRATORS);
	}
	record_set_number(r, USER_SUPERUSER, admin);
	if (!x->groups)
		return field_bit(USER_GROUPS);
	record_set_set(r, USER_GROUPS, scan_arena(x->scan), names, n);
	return 0;
}

static void set_workstations(struct scan *s, struct record *r, const wchar_t *w)
{
	struct span rest = wide_to_span_z(scan_arena(s), w), one, items[256];
	size_t n = 0;

	if (!rest.n)
		return;
	while (n < ARRAY_LEN(items) && span_cut(&rest, ',', &one))
		if (one.n)
			items[n++] = one;
	record_set_set(r, USER_WORKSTATIONS, scan_arena(s), items, n);
}

static void set_texts(struct scan *s, struct record *r, const struct local_account *a)
{
	set_text(s, r, USER_GECOS, a->full_name);
	set_text(s, r, USER_COMMENT, a->comment);
	set_text(s, r, USER_HOME, a->home);
	set_text(s, r, USER_HOME_DRIVE, a->home_drive);
	set_text(s, r, USER_PROFILE, a->profile);
	set_text(s, r, USER_SCRIPT, a->script);
	set_workstations(s, r, a->workstations);
	if (a->hours)
		account_set_hours(r, scan_arena(s), a->hours);
}

/* An age of 0 is that of a password of this second, or of one that was never set: then it stays 0.
 * Accounts that are closed and need none are of the second sort on every Windows. */
static DWORD age_of(struct room *x, const struct local_user *u, const struct local_account *a)
{
	const DWORD idle = ACCOUNT_DISABLED | ACCOUNT_NO_PASSWORD;
	struct local_account again;
	struct err e;
	DWORD age;

	if (a->age || (a->flags & idle) == idle)
		return a->age;
	if (!x->waited)
		Sleep(FRESH_MS);
	x->waited = true; /* what is asked later was older than a second already */
	if (local_account(&x->local, u->wide, &again, &e) < 0)
		return 0;
	age = again.age;
	x->local.api->free(again.data);
	return age;
}

static void set_rights(struct room *x, struct record *r, const struct local_user *u,
	const struct local_account *a)
{
	int64_t now;
	DWORD age;

	if (!a->has_rights)
		return;
	if (a->privilege < ACCOUNT_PRIVILEGE_N)
		record_set_number(r, USER_PRIVILEGE, a->privilege);
	age = age_of(x, u, a);
	now = clock_now();
	if (age)
		record_set_time(r, USER_PASSWORD_CHANGED, account_changed(now, age));
	if (!a->has_all)
		return;
	record_set_number(r, USER_GID, a->primary_group);
	record_set_number(r, USER_PASSWORD_EXPIRED, a->expired);
	if (a->expires == TIMEQ_FOREVER)
		return;
	record_set_time(r, USER_EXPIRES, a->expires * TIME_SECOND);
	record_set_number(r, USER_EXPIRED, now > a->expires * TIME_SECOND);
}

static void emit_user(struct room *x, const struct local_user *u)
{
	struct record *r = record_new(scan_arena(x->scan), &kind_user);
	struct local_account a;
	struct span sid;
	struct err e;

	r->key = u->name;
	if (local_account(&x->local, u->wide, &a, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(x->scan, &kind_user, u->name, false, &e);
		return;
	}
	sid = local_sid(scan_arena(x->scan), a.sid);
	if (!sid.n)
		sid = local_sid_of(scan_arena(x->scan), u->wide);
	account_set_sid(r, sid);
	account_set_flags(r, scan_arena(x->scan), a.flags);
	set_texts(x->scan, r, &a);
	set_rights(x, r, u, &a);
	record_set_bytes(r, USER_SOURCE, span_of("SAM"));
	x->local.api->free(a.data);
	scan_emit_part(x->scan, r, set_groups(x, r, sid));
}

static void read_groups(struct room *x)
{
	struct gap gap = { .kind = &kind_user, .reason = GAP_IO };
	struct err e;

	x->groups = local_groups(&x->local, &e) == 0;
	for (size_t i = 0; x->groups && i < x->local.n_groups; i++)
		if (!x->local.group[i].whole) {
			e = x->local.group[i].why;
			x->groups = false;
		}
	if (x->groups)
		return;
	gap.reason = e.code == ERR_DENIED ? GAP_DENIED : GAP_IO;
	gap.text = e.text;
	scan_gap(x->scan, &gap); /* covers no account: only these fields of theirs are not known */
}

static int scan(struct scan *s, struct err *e)
{
	struct room x = { .scan = s };
	struct gap gap = { .kind = &kind_user, .subtree = true, .reason = GAP_SKIPPED };

	if (!scan_asks_kind(s, &kind_user))
		return 0;
	if (local_open(&x.local, scan_arena(s), e) < 0) {
		if (e->code != ERR_MISSING)
			return e->code;
		gap.text = e->text;
		scan_gap(s, &gap);
		return 0;
	}
	if (local_users(&x.local, e) < 0)
		return e->code;
	read_groups(&x);
	for (size_t i = 0; i < x.local.n_users && !scan_stopped(s); i++)
		emit_user(&x, &x.local.user[i]);
	return 0;
}

/* Names of the accounts manager's own keys change with each account; who may not hear that (it
 * takes SYSTEM) looks. */
static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, "HKLM\\SAM\\SAM\\Domains\\Account\\Users", 0 },
	{ WATCH_REGISTRY, "HKLM\\SAM\\SAM\\Domains\\Builtin\\Aliases", 0 },
	{ WATCH_REGISTRY, "HKLM\\SAM\\SAM\\Domains\\Account\\Aliases", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_user = {
	.kind = &kind_user,
	.source = "SAM",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
