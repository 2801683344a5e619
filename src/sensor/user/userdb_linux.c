/* Accounts and groups that systemd's records make, beside those of passwd and group. */
#include "sensor/user/userdb.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"
#include "entity/group.h"
#include "entity/list.h"
#include "host/host.h"
#include "os/clock.h"
#include "sensor/user/table.h"
#include "sensor/user/user_room.h"

#define FOLDER_MAX 65536
#define TIES_MAX (ARRAY_LEN(places) * FOLDER_MAX)

/* systemd-userdbd asks the first that has a record. */
static const char *const places[] = { "/etc/userdb", "/run/userdb", "/run/host/userdb",
	"/usr/lib/userdb" };

/* One of USER:GROUP.membership, by the side that is looked for. */
struct tie {
	struct span of, to;
};

struct room {
	struct scan *scan;
	const struct kind *kind;
	const char *suffix;   /* ".user" or ".group" */
	const char *accounts; /* where an account of this name comes first: passwd, group */
	struct host_entry *entry[ARRAY_LEN(places)];
	size_t n[ARRAY_LEN(places)];
	struct span *taken; /* names of that file which a record has, too; by name */
	size_t n_taken;
	struct buf ties; /* of struct tie, by `of` */
	struct password_digester digester;
	struct record *record;
	uint64_t asks;
};

/* "alice" of "alice.user"; "1000.user" is only a link to it. */
static bool stem_of(struct span name, const char *suffix, struct span *ret)
{
	size_t n = strlen(suffix);
	bool digits = true;

	if (name.n <= n || memcmp(name.p + name.n - n, suffix, n) != 0)
		return false;
	*ret = span_from(name.p, name.n - n);
	for (size_t i = 0; i < ret->n; i++)
		digits = digits && ret->p[i] >= '0' && ret->p[i] <= '9';
	return !digits;
}

static void tell(struct room *r, const char *path, const struct err *why)
{
	struct err e;

	err_set(&e, (enum err_code)why->code, "%s: %.400s", path, why->text);
	scan_gap_err(r->scan, r->kind, SPAN_NONE, true, &e);
}

static size_t list_places(struct scan *s, const struct kind *k, struct host_entry **ret,
	size_t *ret_n)
{
	size_t all = 0;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (host_list(scan_host(s), places[i], FOLDER_MAX, scan_arena(s), &ret[i],
			    &ret_n[i], &e) < 0 &&
			e.code != ERR_MISSING)
			scan_gap_err(s, k, SPAN_NONE, true, &e);
		all += ret_n[i];
	}
	return all;
}

static bool has_name(const struct room *r, size_t place, struct span name)
{
	for (size_t low = 0, high = r->n[place]; low < high;) {
		size_t at = low + (high - low) / 2;
		int c = span_compare(name, r->entry[place][at].name);

		if (c == 0)
			return true;
		if (c < 0)
			high = at;
		else
			low = at + 1;
	}
	return false;
}

/* The record and its privileged half, which only root may read. *ret_unknown: that one is there and
 * could not be read. */
static int read_record(struct room *r, const char *path, struct userdb_record *ret,
	bool *ret_unknown, struct err *e)
{
	struct span text;
	struct err why;
	const char *secret = arena_format(scan_arena(r->scan), "%s-privileged", path);
	int rc;

	if (host_read(scan_host(r->scan), path, USERDB_BYTES_MAX, scan_arena(r->scan), &text, e) <
			0 ||
		userdb_record_from_json(scan_arena(r->scan), text, ret, e) < 0)
		return e->code;
	rc = host_read(scan_host(r->scan), secret, USERDB_BYTES_MAX, scan_arena(r->scan), &text,
		&why);
	if (rc == 0)
		rc = userdb_record_from_json(scan_arena(r->scan), text, ret, &why);
	*ret_unknown = rc < 0 && rc != ERR_MISSING;
	if (*ret_unknown) {
		err_prefix(&why, "%s: ", secret);
		scan_gap_err(r->scan, r->kind, SPAN_NONE, false, &why);
	}
	return ret->name.n ? 0 : err_set(e, ERR_FORMAT, "a record without a name");
}

static void set_text(struct record *x, unsigned field, struct span s)
{
	if (s.n)
		record_set_bytes(x, field, s);
}

static void set_digest(struct room *r, unsigned field, struct span hash)
{
	uint8_t *digest = arena_get(scan_arena(r->scan), 32);

	if (!(r->asks & field_bit(field)))
		return;
	digester_run(&r->digester, hash, digest);
	record_set_bytes(r->record, field, span_from(digest, 32));
}

static enum account_class class_by(const struct userdb_record *x)
{
	if (span_is(x->disposition, "regular"))
		return ACCOUNT_HUMAN;
	return span_is(x->disposition, "container") || span_is(x->disposition, "dynamic")
		       ? ACCOUNT_OTHER
		       : ACCOUNT_SYSTEM;
}

static int by_of(const void *a, const void *b)
{
	return span_compare(((const struct tie *)a)->of, ((const struct tie *)b)->of);
}

static void add_tie(void *ctx, struct span user, struct span group)
{
	struct room *r = ctx;
	bool users = r->kind == &kind_user;
	struct tie t = { users ? user : group, users ? group : user };

	buf_add(&r->ties, &t, sizeof t);
}

/* What the record says itself, and what the memberships beside it say. */
static void set_ties(struct room *r, unsigned field, struct span name, const struct span *own,
	size_t n_own)
{
	const struct tie *t = (const void *)r->ties.p;
	size_t n = r->ties.n / sizeof *t, low = 0, high = n, end, k = n_own;
	struct span *all;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (span_compare(t[at].of, name) < 0)
			low = at + 1;
		else
			high = at;
	}
	for (end = low; end < n && span_same(t[end].of, name);)
		end++;
	if (n_own + end - low == 0)
		return;
	all = arena_get(scan_arena(r->scan), (n_own + end - low) * sizeof *all);
	for (size_t i = 0; i < n_own; i++)
		all[i] = own[i];
	for (; low < end; low++)
		all[k++] = t[low].to;
	record_set_set(r->record, field, scan_arena(r->scan), all, k);
}

static uint64_t set_user(struct room *r, const struct userdb_record *x, bool unknown)
{
	struct record *u = r->record;
	struct span hash = { "", 0 };
	enum password_state state = x->has_password && x->hash.n ? password_state_of(x->hash, &hash)
								 : PASSWORD_DISABLED;

	if (x->has_uid)
		record_set_number(u, USER_UID, x->uid);
	if (x->has_gid || x->has_uid) /* the same number when none is given */
		record_set_number(u, USER_GID, x->has_gid ? x->gid : x->uid);
	record_set_number(u, USER_SUPERUSER, x->has_uid && x->uid == 0);
	record_set_number(u, USER_CLASS, class_by(x));
	set_text(u, USER_GECOS, x->gecos);
	set_text(u, USER_HOME, x->home);
	set_text(u, USER_SHELL, x->shell);
	record_set_number(u, USER_CAN_LOGIN, x->shell.n && !shell_refuses(x->shell));
	set_ties(r, USER_GROUPS, x->name, x->groups, x->n_groups);
	record_set_number(u, USER_PASSWORD, state);
	record_set_number(u, USER_LOCKED, x->locked || state == PASSWORD_LOCKED);
	record_set_number(u, USER_MUST_CHANGE, x->must_change);
	if (x->changed)
		record_set_time(u, USER_PASSWORD_CHANGED, x->changed);
	if (x->expires) {
		record_set_time(u, USER_EXPIRES, x->expires);
		record_set_number(u, USER_EXPIRED, x->expires <= clock_now());
	}
	if (hash.n) {
		set_text(u, USER_PASSWORD_SCHEME, span_of(password_scheme_of(hash)));
		set_digest(r, USER_PASSWORD_DIGEST, hash);
	}
	return unknown ? field_bit(USER_PASSWORD) | field_bit(USER_PASSWORD_SCHEME) |
				 field_bit(USER_PASSWORD_DIGEST) | field_bit(USER_LOCKED)
		       : 0;
}

static uint64_t set_group(struct room *r, const struct userdb_record *x, bool unknown)
{
	struct record *g = r->record;
	struct span hash = { "", 0 };
	enum password_state state = x->has_password && x->hash.n ? password_state_of(x->hash, &hash)
								 : PASSWORD_DISABLED;

	if (x->has_gid)
		record_set_number(g, GROUP_GID, x->gid);
	record_set_number(g, GROUP_CLASS, class_by(x));
	record_set_number(g, GROUP_PASSWORD, state);
	if (hash.n) {
		set_text(g, GROUP_PASSWORD_SCHEME, span_of(password_scheme_of(hash)));
		set_digest(r, GROUP_PASSWORD_DIGEST, hash);
	}
	set_ties(r, GROUP_MEMBERS, x->name, x->members, x->n_members);
	if (x->n_administrators)
		record_set_set(g, GROUP_ADMINISTRATORS, scan_arena(r->scan), x->administrators,
			x->n_administrators);
	return unknown ? field_bit(GROUP_PASSWORD) | field_bit(GROUP_PASSWORD_SCHEME) |
				 field_bit(GROUP_PASSWORD_DIGEST)
		       : 0;
}

static int compare_span(const void *x, const void *y)
{
	return span_compare(*(const struct span *)x, *(const struct span *)y);
}

/* Whom passwd has as well: its entry comes first and has the key. */
static void find_taken(struct room *r)
{
	struct span text, line, name;
	struct err e;

	if (host_read(scan_host(r->scan), r->accounts, ACCOUNT_BYTES_MAX, scan_arena(r->scan),
		    &text, &e) < 0)
		return; /* the other sensor tells */
	r->taken = arena_get(scan_arena(r->scan), lines_count(text) * sizeof *r->taken);
	for (struct lines l = lines_of(text); lines_next(&l, &line);)
		if (span_cut(&line, ':', &name))
			r->taken[r->n_taken++] = name;
	if (r->n_taken)
		qsort(r->taken, r->n_taken, sizeof *r->taken, compare_span);
}

static void take(struct room *r, const char *path)
{
	struct userdb_record x = { 0 };
	struct record *rec = r->record;
	uint64_t unknown;
	bool partly = false;
	struct err e;

	if (read_record(r, path, &x, &partly, &e) < 0) {
		tell(r, path, &e);
		return;
	}
	rec->has = 0;
	rec->key = x.name;
	if (r->n_taken && bsearch(&x.name, r->taken, r->n_taken, sizeof *r->taken, compare_span))
		rec->key =
			span_of(arena_format(scan_arena(r->scan), "%.*s#userdb", SPAN_ARG(x.name)));
	if (r->kind == &kind_user) {
		unknown = set_user(r, &x, partly);
		set_text(rec, USER_SOURCE, span_of(path));
	} else {
		unknown = set_group(r, &x, partly);
		set_text(rec, GROUP_SOURCE, span_of(path));
	}
	scan_emit_part(r->scan, rec, unknown);
}

void userdb_memberships(struct scan *s, const struct kind *k,
	void (*each)(void *ctx, struct span user, struct span group), void *ctx)
{
	struct host_entry *entry[ARRAY_LEN(places)];
	size_t n[ARRAY_LEN(places)] = { 0 };
	struct span stem, user;

	if (list_places(s, k, entry, n) == 0)
		return;
	for (size_t place = 0; place < ARRAY_LEN(places); place++)
		for (size_t i = 0; i < n[place]; i++)
			if (stem_of(entry[place][i].name, ".membership", &stem) &&
				span_cut(&stem, ':', &user) && stem.p && stem.n)
				each(ctx, user, stem);
}

static int scan_records(struct room *r)
{
	struct scan *s = r->scan;
	struct span stem;

	r->asks = scan_asks_kind(s, r->kind);
	if (!r->asks || list_places(s, r->kind, r->entry, r->n) == 0)
		return 0;
	r->record = record_new(scan_arena(s), r->kind);
	digester_init(&r->digester, scan_host(s));
	find_taken(r);
	r->ties = BUF_INIT(TIES_MAX * sizeof(struct tie));
	userdb_memberships(s, r->kind, add_tie, r);
	if (r->ties.n)
		qsort(r->ties.p, r->ties.n / sizeof(struct tie), sizeof(struct tie), by_of);
	for (size_t place = 0; place < ARRAY_LEN(places); place++)
		for (size_t i = 0; i < r->n[place] && !scan_stopped(s); i++) {
			struct span name = r->entry[place][i].name;
			bool before = false;

			for (size_t k = 0; k < place; k++)
				before = before || has_name(r, k, name);
			if (!before && stem_of(name, r->suffix, &stem))
				take(r, arena_format(scan_arena(s), "%s/%.*s", places[place],
						SPAN_ARG(name)));
		}
	buf_done(&r->ties);
	return 0;
}

static int scan_users(struct scan *s, struct err *e)
{
	struct room r = { .scan = s,
		.kind = &kind_user,
		.suffix = ".user",
		.accounts = "etc/passwd" };

	(void)e;
	return scan_records(&r);
}

static int scan_groups(struct scan *s, struct err *e)
{
	struct room r = { .scan = s,
		.kind = &kind_group,
		.suffix = ".group",
		.accounts = "etc/group" };

	(void)e;
	return scan_records(&r);
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/userdb/*", 0 },
	{ WATCH_FILE, "/run/userdb/*", 0 },
	{ WATCH_FILE, "/run/host/userdb/*", 0 },
	{ WATCH_FILE, "/usr/lib/userdb/*", 0 },
	{ WATCH_FILE, "/etc/passwd", 0 },
	{ WATCH_FILE, "/etc/group", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_user_record = {
	.kind = &kind_user,
	.source = "userdb",
	.scan = scan_users,
	.watches = watches,
};

const struct sensor sensor_group_record = {
	.kind = &kind_group,
	.source = "userdb",
	.scan = scan_groups,
	.watches = watches,
};
