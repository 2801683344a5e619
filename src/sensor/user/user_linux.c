/* One pass over each file; who belongs to whom is found by hash. NSS is not asked: it could block,
 * load foreign code, and would answer for this host where another root is observed. */
#include <sys/stat.h>

#include "core/time.h"
#include "entity/list.h"
#include "host/host.h"
#include "os/clock.h"
#include "sensor/user/table.h"
#include "sensor/user/user_room.h"

#define DAY (86400 * TIME_SECOND)
#define DAYS_MAX 106000 /* a date of this many days still fits into nanoseconds */
#define SCRATCH_EACH 1024
#define SHELLS_MAX 1024
#define LIST_MAX 65536
#define AHEAD 16 /* accounts: their slots are fetched while others are filed */

#define SHADOW_FIELDS \
	(field_bit(USER_PASSWORD) | field_bit(USER_PASSWORD_SCHEME) | \
		field_bit(USER_PASSWORD_DIGEST) | field_bit(USER_PASSWORD_CHANGED) | \
		field_bit(USER_MUST_CHANGE) | field_bit(USER_MIN_DAYS) | \
		field_bit(USER_MAX_DAYS) | field_bit(USER_WARN_DAYS) | \
		field_bit(USER_INACTIVE_DAYS) | field_bit(USER_LOCKED) | field_bit(USER_EXPIRES) | \
		field_bit(USER_EXPIRED))
#define HOME_FIELDS \
	(field_bit(USER_HOME_MISSING) | field_bit(USER_HOME_OWNER) | field_bit(USER_HOME_MODE))

struct account {
	struct passwd_line passwd;
	struct span shadow; /* its line there; p NULL: none */
	uint32_t number, shadow_number;
	uint32_t hash;             /* of its name */
	uint32_t first;            /* the first account of this name; itself mostly */
	uint32_t ordinal, doubles; /* among those of its name, from 1; of the first: how many */
	uint32_t groups, subuids, subgids; /* heads of chains */
	bool doubled, shared_uid;
};

struct users {
	struct scan *scan;
	struct account *list;
	size_t n, cap;
	struct table by_name, by_uid;
	struct table by_gid; /* into groups */
	struct primary {
		struct span name;
		uint32_t gid;
		bool first; /* of this number: gives it its name */
	} * groups;
	uint32_t n_groups, last_group; /* last_group: the one found last */
	struct chain chain;
	struct source passwd, shadow, group, subuid, subgid;
	struct password_digester digester;
	struct id_range range;
	struct span shells[SHELLS_MAX];
	size_t n_shells;
	bool has_shells;
	uint64_t asks;
	int64_t now;
	struct arena *scratch; /* lists of one account, cleared now and then */
	struct err err; /* here, since the build zeroes locals: that would take longer than all
			   else */
	struct record *record;
};

static struct slot *slot_of_name(const struct users *u, struct span name, uint32_t hash)
{
	for (uint32_t i = hash;; i++) {
		struct slot *x = &u->by_name.slot[i & u->by_name.mask];

		if (x->at == NOBODY ||
			(x->hash == hash && span_same(u->list[x->at].passwd.name, name)))
			return x;
	}
}

static uint32_t find_name(const struct users *u, struct span name)
{
	return slot_of_name(u, name, hash_text(name))->at;
}

/* The tools append to all files alike, so the name is mostly that of the next account. */
static uint32_t find_next(const struct users *u, struct span name, uint32_t *last)
{
	uint32_t at = *last + 1;

	if (at >= u->n || !span_same(u->list[at].passwd.name, name))
		at = find_name(u, name);
	else
		at = u->list[at].first;
	if (at != NOBODY)
		*last = at;
	return at;
}

static struct slot *slot_of_uid(const struct users *u, uint32_t uid)
{
	for (uint32_t i = hash_number(uid);; i++) {
		struct slot *x = &u->by_uid.slot[i & u->by_uid.mask];

		if (x->at == NOBODY || x->hash == uid)
			return x;
	}
}

/* ---- the files ---- */

static void index_account(struct users *u, uint32_t at)
{
	struct account *x = &u->list[at], *y;
	struct slot *slot = slot_of_name(u, x->passwd.name, x->hash);

	if (slot->at == NOBODY) {
		*slot = (struct slot){ x->hash, at };
	} else {
		y = &u->list[slot->at];
		x->first = slot->at;
		x->doubled = y->doubled = true;
		x->ordinal = ++y->doubles;
	}
	if (!x->passwd.has_ids)
		return;
	slot = slot_of_uid(u, x->passwd.uid);
	if (slot->at == NOBODY)
		*slot = (struct slot){ x->passwd.uid, at };
	else
		u->list[slot->at].shared_uid = x->shared_uid = true;
}

static void read_passwd(struct users *u)
{
	struct lines l;
	struct passwd_line p;
	struct span line;

	u->passwd = source_read(u->scan, &kind_user, "etc/passwd", true);
	u->cap = lines_count(u->passwd.text);
	u->cap = u->cap < ACCOUNTS_MAX ? u->cap : ACCOUNTS_MAX;
	u->list = arena_get(scan_arena(u->scan), u->cap * sizeof *u->list);
	u->by_name = table_new(scan_arena(u->scan), u->cap);
	u->by_uid = table_new(scan_arena(u->scan), u->cap);
	for (l = lines_of(u->passwd.text); lines_next(&l, &line);) {
		struct account *x = &u->list[u->n];
		int r = passwd_from_line(line, &p, &u->err);

		if (r == 0 && u->n == u->cap)
			r = err_set(&u->err, ERR_LIMIT, "more than %zu accounts", u->cap);
		if (r < 0) {
			bad_line(&u->passwd.bad, l.number, &u->err);
			continue;
		}
		x->passwd = p;
		x->number = (uint32_t)l.number;
		x->first = (uint32_t)u->n;
		x->ordinal = x->doubles = 1;
		x->groups = x->subuids = x->subgids = NOBODY;
		x->hash = hash_text(p.name);
		u->n++;
	}
	for (size_t i = 0; i < u->n; i++) {
		if (i + AHEAD < u->n)
			table_prepare(&u->by_name, u->list[i + AHEAD].hash);
		index_account(u, (uint32_t)i);
	}
	source_done(u->scan, &kind_user, &u->passwd, true);
}

/* Only whose line it is; the rest is read with the account. */
static void read_shadow(struct users *u)
{
	struct lines l;
	struct span line, rest, name;
	uint32_t last = NOBODY, at;

	u->shadow = source_read(u->scan, &kind_user, "etc/shadow", false);
	for (l = lines_of(u->shadow.text); lines_next(&l, &line);) {
		rest = line;
		if (!span_cut(&rest, ':', &name) || !rest.p) {
			err_set(&u->err, ERR_FORMAT, "an entry of shadow without a password field");
			bad_line(&u->shadow.bad, l.number, &u->err);
			continue;
		}
		at = find_next(u, name, &last);
		if (at == NOBODY || u->list[at].shadow.p)
			continue;
		u->list[at].shadow = line;
		u->list[at].shadow_number = (uint32_t)l.number;
	}
	u->shadow.whole = u->shadow.whole && u->shadow.bad.n == 0;
}

static void join_group(struct users *u, struct span group, struct span members)
{
	struct span one;

	while (span_cut(&members, ',', &one)) {
		uint32_t at = one.n ? find_name(u, one) : NOBODY;

		if (at != NOBODY)
			chain_add(&u->chain, &u->list[at].groups, group);
	}
}

static struct slot *slot_of_gid(const struct users *u, uint32_t gid)
{
	for (uint32_t i = hash_number(gid);; i++) {
		struct slot *x = &u->by_gid.slot[i & u->by_gid.mask];

		if (x->at == NOBODY || x->hash == gid)
			return x;
	}
}

static void read_group(struct users *u)
{
	struct lines l;
	struct span line;
	struct slot *slot;
	size_t cap;
	uint32_t n = 0;

	u->group = source_read(u->scan, &kind_user, "etc/group", false);
	cap = lines_count(u->group.text);
	cap = cap < ACCOUNTS_MAX ? cap : ACCOUNTS_MAX;
	u->groups = arena_get(scan_arena(u->scan), cap * sizeof *u->groups);
	u->by_gid = table_new(scan_arena(u->scan), cap);
	for (l = lines_of(u->group.text); lines_next(&l, &line);) {
		struct group_line x;
		int r = group_from_line(line, &x, &u->err);

		if (r == 0 && n == cap)
			r = err_set(&u->err, ERR_LIMIT, "more than %zu groups", cap);
		if (r < 0) {
			bad_line(&u->group.bad, l.number, &u->err);
			continue;
		}
		join_group(u, x.name, x.members);
		if (!x.has_ids)
			continue;
		slot = slot_of_gid(u, x.gid);
		u->groups[n] = (struct primary){ x.name, x.gid, slot->at == NOBODY };
		if (slot->at == NOBODY)
			*slot = (struct slot){ x.gid, n };
		n++;
	}
	source_done(u->scan, &kind_user, &u->group, false);
	u->n_groups = n;
}

static void join_member(void *ctx, struct span user, struct span group)
{
	join_group(ctx, group, user);
}

static struct source read_subids(struct users *u, const char *path, bool gids)
{
	struct source f = source_read(u->scan, &kind_user, path, false);
	struct lines l;
	struct span line;
	uint32_t last = NOBODY;

	for (l = lines_of(f.text); lines_next(&l, &line);) {
		struct span name, range;
		uint32_t at, uid;

		if (subid_from_line(line, &name, &range, &u->err) < 0) {
			bad_line(&f.bad, l.number, &u->err);
			continue;
		}
		at = find_next(u, name, &last);
		if (at == NOBODY && *name.p >= '0' && *name.p <= '9' &&
			id_from_text(name, &uid) == 0)
			at = slot_of_uid(u, uid)->at;
		if (at != NOBODY)
			chain_add(&u->chain, gids ? &u->list[at].subgids : &u->list[at].subuids,
				range);
	}
	source_done(u->scan, &kind_user, &f, false);
	return f;
}

static void read_settings(struct users *u)
{
	struct span text, line;
	struct lines l;
	struct err e;

	u->range = (struct id_range){ 1000, 60000 };
	if (host_read(scan_host(u->scan), "etc/login.defs", ACCOUNT_BYTES_MAX, scan_arena(u->scan),
		    &text, &e) == 0) {
		u->range.min = login_defs_number(text, "UID_MIN", u->range.min);
		u->range.max = login_defs_number(text, "UID_MAX", u->range.max);
	}
	if (host_read(scan_host(u->scan), "etc/shells", ACCOUNT_BYTES_MAX, scan_arena(u->scan),
		    &text, &e) < 0)
		return;
	u->has_shells = true;
	for (l = lines_of(text); u->n_shells < SHELLS_MAX && lines_next(&l, &line);)
		u->shells[u->n_shells++] = line;
}

/* ---- one account ---- */

static void set_flag(struct record *r, unsigned field, bool value)
{
	record_set_number(r, field, value);
}

static void set_text(struct record *r, unsigned field, struct span s)
{
	if (s.n)
		record_set_bytes(r, field, s);
}

static void set_day(struct record *r, unsigned field, int64_t days)
{
	if (days != SHADOW_NONE)
		record_set_time(r, field, (days < DAYS_MAX ? days : DAYS_MAX) * DAY);
}

static void set_days(struct record *r, unsigned field, int64_t days)
{
	if (days != SHADOW_NONE)
		record_set_number(r, field, (uint64_t)days);
}

static void set_chain(struct users *u, unsigned field, uint32_t head)
{
	struct span *items;
	size_t n = 0;

	for (uint32_t i = head; i != NOBODY && n < LIST_MAX; i = u->chain.item[i].next)
		n++;
	if (n == 0)
		return;
	items = arena_get(u->scratch, n * sizeof *items);
	for (size_t i = 0; i < n; i++, head = u->chain.item[head].next)
		items[i] = u->chain.item[head].text;
	record_set_set(u->record, field, u->scratch, items, n);
}

static void set_primary(struct users *u, uint32_t gid)
{
	uint32_t at = u->last_group + 1;

	/* Mostly each has a group of its own, in the same order. */
	if (at >= u->n_groups || u->groups[at].gid != gid || !u->groups[at].first)
		at = slot_of_gid(u, gid)->at;
	if (at == NOBODY)
		return;
	u->last_group = at;
	set_text(u->record, USER_GROUP, u->groups[at].name);
}

static void set_password(struct users *u, struct span text)
{
	struct record *r = u->record;
	struct span hash;
	enum password_state state = password_state_of(text, &hash);

	record_set_number(r, USER_PASSWORD, state);
	set_flag(r, USER_LOCKED, state == PASSWORD_LOCKED);
	if (hash.n == 0)
		return;
	set_text(r, USER_PASSWORD_SCHEME, span_of(password_scheme_of(hash)));
	if (u->asks & field_bit(USER_PASSWORD_DIGEST)) {
		uint8_t *digest = arena_get(u->scratch, 32);

		digester_run(&u->digester, hash, digest);
		record_set_bytes(r, USER_PASSWORD_DIGEST, span_from(digest, 32));
	}
}

static void set_aging(struct users *u, const struct shadow_line *x)
{
	struct record *r = u->record;

	set_flag(r, USER_MUST_CHANGE, x->changed == 0);
	if (x->changed > 0)
		set_day(r, USER_PASSWORD_CHANGED, x->changed);
	set_days(r, USER_MIN_DAYS, x->min);
	set_days(r, USER_MAX_DAYS, x->max);
	set_days(r, USER_WARN_DAYS, x->warn);
	set_days(r, USER_INACTIVE_DAYS, x->inactive);
	set_day(r, USER_EXPIRES, x->expire);
	if (x->expire != SHADOW_NONE)
		set_flag(r, USER_EXPIRED, x->expire <= u->now / DAY);
}

/* Returns the fields that could not be looked at. */
static uint64_t set_secrets(struct users *u, const struct account *x, struct span password)
{
	const struct account *first = &u->list[x->first];
	UNSET struct shadow_line shadow;
	bool shadowed = password_is_shadowed(password), has;

	has = first->shadow.p && shadow_from_line(first->shadow, &shadow, &u->err) == 0;
	if (first->shadow.p && !has) {
		if (x == first)
			bad_line(&u->shadow.bad, first->shadow_number, &u->err);
		return SHADOW_FIELDS;
	}
	if (has)
		set_aging(u, &shadow);
	if (!shadowed) {
		set_password(u, password);
	} else if (has) {
		set_password(u, shadow.password);
	} else if (u->shadow.whole) {
		record_set_number(u->record, USER_PASSWORD, PASSWORD_MISSING);
		set_flag(u->record, USER_LOCKED, false);
	}
	set_flag(u->record, USER_PASSWORD_EXPOSED,
		!shadowed && record_has(u->record, USER_PASSWORD_SCHEME));
	if (has || u->shadow.whole)
		return 0;
	return shadowed ? SHADOW_FIELDS
			: SHADOW_FIELDS & ~(field_bit(USER_PASSWORD) | field_bit(USER_LOCKED) |
						  field_bit(USER_PASSWORD_SCHEME) |
						  field_bit(USER_PASSWORD_DIGEST));
}

static void set_shell(struct users *u, struct span shell)
{
	bool listed = false;

	set_text(u->record, USER_SHELL, shell);
	set_flag(u->record, USER_CAN_LOGIN, !shell_refuses(shell));
	if (!u->has_shells)
		return;
	shell = shell.n ? shell : span_of("/bin/sh");
	for (size_t i = 0; i < u->n_shells && !listed; i++)
		listed = span_same(u->shells[i], shell);
	set_flag(u->record, USER_SHELL_LISTED, listed);
}

/* Homes may be on a file server: they are looked at only where a rule asks for it. */
static uint64_t set_home(struct users *u, struct span home)
{
	struct stat st;
	int r;

	set_text(u->record, USER_HOME, home);
	if (home.n == 0 || !(u->asks & HOME_FIELDS) ||
		!(scan_asks(u->scan, &kind_user, u->record->key) & HOME_FIELDS))
		return 0;
	r = host_stat(scan_host(u->scan), arena_text(u->scratch, home), false, &st, &u->err);
	if (r < 0 && r != ERR_MISSING) {
		scan_gap_err(u->scan, &kind_user, u->record->key, false, &u->err);
		return HOME_FIELDS;
	}
	set_flag(u->record, USER_HOME_MISSING, r < 0);
	if (r == 0) {
		record_set_number(u->record, USER_HOME_OWNER, st.st_uid);
		record_set_number(u->record, USER_HOME_MODE, st.st_mode & 07777);
	}
	return 0;
}

/* The second entry of a name has no less power: glibc finds it by its number. Its key is not that
 * of an account which somebody called so to hide it. */
static struct span key_of(struct users *u, const struct account *x)
{
	struct span name = x->passwd.name.n ? x->passwd.name : span_of(ACCOUNT_UNNAMED);
	const char *text;

	if (x->ordinal == 1)
		return name;
	text = arena_format(u->scratch, "%.*s#%u", SPAN_ARG(name), x->ordinal);
	while (find_name(u, span_of(text)) != NOBODY)
		text = arena_format(u->scratch, "%s#", text);
	return span_of(text);
}

static void emit_account(struct users *u, const struct account *x)
{
	struct record *r = u->record;
	const struct account *first = &u->list[x->first];
	const struct passwd_line *p = &x->passwd;
	uint64_t unknown;

	r->has = 0;
	r->key = key_of(u, x);
	if (p->has_ids) {
		record_set_number(r, USER_UID, p->uid);
		record_set_number(r, USER_GID, p->gid);
		set_primary(u, p->gid);
		record_set_number(r, USER_CLASS, class_of(u->range, p->uid));
		set_flag(r, USER_SUPERUSER, p->uid == 0);
	}
	set_flag(r, USER_DUPLICATE_UID, x->shared_uid);
	set_flag(r, USER_DUPLICATE, x->doubled);
	set_text(r, USER_GECOS, p->gecos);
	if (!p->nis || p->shell.n) /* empty: NIS says */
		set_shell(u, p->shell);
	set_chain(u, USER_GROUPS, first->groups);
	set_chain(u, USER_SUBUIDS, first->subuids);
	set_chain(u, USER_SUBGIDS, first->subgids);
	unknown = set_home(u, p->home);
	if (!p->nis || p->password.n)
		unknown |= set_secrets(u, x, p->password);
	if (!u->group.whole)
		unknown |= field_bit(USER_GROUP) | field_bit(USER_GROUPS);
	if (!u->subuid.whole)
		unknown |= field_bit(USER_SUBUIDS);
	if (!u->subgid.whole)
		unknown |= field_bit(USER_SUBGIDS);
	record_set_bytes(r, USER_SOURCE, span_of(p->nis ? "/etc/passwd (NIS)" : "/etc/passwd"));
	record_set_number(r, USER_LINE, x->number);
	scan_emit_part(u->scan, r, unknown);
}

static int scan_users(struct scan *s, struct err *e)
{
	AUTO_FREE(arena) scratch = arena_new();
	struct users u = { .scan = s, .scratch = scratch };

	(void)e;
	if (!scan_asks_kind(s, &kind_user))
		return 0;
	u.record = record_new(scan_arena(s), &kind_user);
	u.asks = scan_asks_kind(s, &kind_user);
	u.now = clock_now();
	digester_init(&u.digester, scan_host(s));
	read_passwd(&u);
	read_shadow(&u);
	read_group(&u);
	userdb_memberships(s, &kind_user, join_member, &u);
	u.subuid = read_subids(&u, "etc/subuid", false);
	u.subgid = read_subids(&u, "etc/subgid", true);
	read_settings(&u);
	for (size_t i = 0; i < u.n && !((i & 255) == 0 && scan_stopped(s)); i++) {
		emit_account(&u, &u.list[i]);
		if (i % SCRATCH_EACH == 0)
			arena_clear(scratch);
	}
	source_done(s, &kind_user, &u.shadow, false);
	chain_done(&u.chain);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/passwd", 0 },
	{ WATCH_FILE, "/etc/shadow", 0 },
	{ WATCH_FILE, "/etc/group", 0 },
	{ WATCH_FILE, "/etc/subuid", 0 },
	{ WATCH_FILE, "/etc/subgid", 0 },
	{ WATCH_FILE, "/etc/shells", 0 },
	{ WATCH_FILE, "/etc/login.defs", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_user = {
	.kind = &kind_user,
	.source = "passwd",
	.scan = scan_users,
	.watches = watches,
};
