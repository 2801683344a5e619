#include "entity/service.h"

#include "core/attr.h"
#include "entity/list.h"
#include "host/journal.h"
#include "host/package.h"
#include "sensor/service/service_room.h"

#define JOURNAL_LINES 10
#define COMEBACK_NS INT64_C(500000000)
#define JOURNAL_UNITS 32 /* of more failed units only so many are looked up */

struct room {
	struct scan *s;
	struct host *h;
	const struct units *units;
	struct live_units live;
	struct buf presets;
	bool asked;       /* systemd runs and has told what it has loaded */
	uint64_t unknown; /* fields of the system's units that could not be looked at */
	struct journal *journal;
	bool no_journal;
	unsigned looked_up;
};

static void room_done(struct room *x)
{
	journal_free(x->journal);
	buf_done(&x->presets);
}

/* ---- the journal ---- */

static struct journal *journal(struct room *x)
{
	struct err why;

	if (!x->journal && !x->no_journal && journal_open(&x->journal, x->h, &why) < 0)
		x->no_journal = true;
	return x->looked_up++ < JOURNAL_UNITS ? x->journal : NULL;
}

/* Each of the first ten is a change; a service that dies all the time is not one at every look. */
static uint64_t rounded(uint64_t n)
{
	uint64_t step = 10;

	if (n <= 10)
		return n;
	while (step <= n / 10)
		step *= 10;
	return n >= step * 5 ? step * 5 : n >= step * 2 ? step * 2 : step;
}

/* Restarts by systemd of what it starts again only when that ended badly are all failures. Of what
 * is always started again the journal knows which were. */
static void set_failures(struct room *x, const struct unit *u, struct record *r, int64_t *ret_last)
{
	struct span restart =
		record_has(r, SERVICE_RESTART) ? r->v[SERVICE_RESTART].bytes : SPAN_NONE;
	bool always = span_is(restart, "always") || span_is(restart, "on-success");
	struct journal *j = journal(x);
	struct journal_exits exits = { 0 };
	struct span how;

	if (j)
		journal_exits(j, u->name, &exits);
	if (always && exits.n == 0)
		return;
	record_set_number(r, SERVICE_FAILURES,
		rounded(always ? exits.n : r->v[SERVICE_RESTARTS].number));
	*ret_last = exits.time;
	how = exits.n ? service_exit_text((uint64_t)exits.code, (uint64_t)exits.status,
				scan_arena(x->s))
		      : SPAN_NONE;
	if (how.n)
		record_set_bytes(r, SERVICE_LAST_FAILURE, how);
}

static void set_journal(struct room *x, const struct unit *u, struct record *r)
{
	bool failed = record_has(r, SERVICE_STATE) &&
		      (r->v[SERVICE_STATE].number == SERVICE_FAILED ||
			      r->v[SERVICE_STATE].number == SERVICE_RESTARTING);
	struct span lines[JOURNAL_LINES];
	int64_t last = 0;
	struct journal *j;
	size_t n;

	if (record_has(r, SERVICE_RESTARTS))
		set_failures(x, u, r, &last);
	if (!failed && !record_has(r, SERVICE_FAILURES))
		return;
	j = journal(x);
	/* Of what runs again: around its last death, with how it came back. */
	n = j ? journal_lines(j, u->name, failed || !last ? 0 : last + COMEBACK_NS,
			scan_arena(x->s), lines, JOURNAL_LINES)
	      : 0;
	if (n)
		record_set_list(r, SERVICE_JOURNAL, scan_arena(x->s), lines, n);
}

/* ---- files ---- */

static void set_files(struct room *x, const struct unit *u, struct record *r, uint64_t asks)
{
	struct arena *a = scan_arena(x->s);
	struct span *paths = arena_get(a, (u->n_drop_ins + 1) * sizeof *paths);
	uint8_t *digests = arena_get(a, (u->n_drop_ins + 1) * SHA256_SIZE);
	uint8_t *sum = arena_get(a, SHA256_SIZE);
	const struct package *owner;

	if (u->fragment) {
		record_set_bytes(r, SERVICE_FRAGMENT, u->fragment->path);
		if (u->fragment->read)
			record_set_bytes(r, SERVICE_SHA256,
				span_from(u->fragment->sha256, SHA256_SIZE));
		owner = asks & field_bit(SERVICE_PACKAGE) ? host_path_owner(x->h, u->fragment->path)
							  : NULL;
		if (owner)
			record_set_bytes(r, SERVICE_PACKAGE, owner->name);
	}
	if (!u->n_drop_ins)
		return;
	for (size_t i = 0; i < u->n_drop_ins; i++) {
		paths[i] = u->drop_ins[i]->path;
		memcpy(digests + i * SHA256_SIZE, u->drop_ins[i]->sha256, SHA256_SIZE);
	}
	record_set_list(r, SERVICE_DROP_INS, a, paths, u->n_drop_ins);
	sha256_once(digests, u->n_drop_ins * SHA256_SIZE, sum);
	record_set_bytes(r, SERVICE_DROP_INS_SHA256, span_from(sum, SHA256_SIZE));
}

static void set_relations(struct arena *a, const struct unit *u, struct record *r)
{
	static const struct {
		enum unit_relation type;
		enum service_field field;
	} rows[] = { { UNIT_WANTED_BY, SERVICE_WANTED_BY }, { UNIT_UPHELD_BY, SERVICE_WANTED_BY },
		{ UNIT_REQUIRED_BY, SERVICE_REQUIRED_BY }, { UNIT_ALIAS, SERVICE_ALIASES },
		{ UNIT_TRIGGERED_BY, SERVICE_TRIGGERED_BY } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = u->n_related[rows[i].type];
		struct span *list = arena_get(a, (n + 1) * sizeof *list);

		if (!n)
			continue;
		memcpy(list, u->related[rows[i].type], n * sizeof *list);
		record_set_set(r, rows[i].field, a, list, n);
	}
}

/* What follows from others has none. */
static void set_preset(const struct room *x, const struct unit *u, struct record *r)
{
	if (u->of_users || u->enabled == UNIT_STATIC || u->enabled == UNIT_GENERATED ||
		u->enabled == UNIT_TRANSIENT)
		return;
	record_set_bytes(r, SERVICE_PRESET,
		presets_find(&x->presets, u->name, unit_template(u->name, scan_arena(x->s))));
}

/* A generator may want it to stay, which cannot be seen. */
static uint64_t unknown_of(const struct room *x, const struct record *r)
{
	bool called =
		record_has(r, SERVICE_STATE) && r->v[SERVICE_STATE].number == SERVICE_ON_DEMAND;

	return x->unknown |
	       (x->unknown & field_bit(SERVICE_WANTED_BY) && called ? field_bit(SERVICE_STATE) : 0);
}

static void emit(struct room *x, const struct unit *u, const struct live_unit *live)
{
	struct arena *a = scan_arena(x->s);
	uint64_t asks = scan_asks(x->s, &kind_service, u->key);
	struct record *r;

	if (!asks)
		return;
	r = record_new(a, &kind_service);
	r->key = u->key;
	record_set_number(r, SERVICE_MANAGER, u->of_users ? SERVICE_SYSTEMD_USER : SERVICE_SYSTEMD);
	record_set_number(r, SERVICE_ENABLED, u->enabled);
	set_files(x, u, r, asks);
	set_relations(a, u, r);
	if (asks & field_bit(SERVICE_PRESET))
		set_preset(x, u, r);
	service_settings(x->s, u, r);
	if (x->asked && !u->of_users) {
		service_state(u, live, r, a);
		set_journal(x, u, r);
	}
	scan_emit_part(x->s, r, u->of_users ? 0 : unknown_of(x, r));
}

/* ---- all ---- */

/* Made for one connection to a socket with Accept=yes: its program is kind process. */
static bool is_connection(const struct room *x, const struct live_unit *l)
{
	struct span template = unit_template(l->name, scan_arena(x->s));
	const struct unit *u = template.n ? units_find(x->units, template) : NULL;

	return u && u->n_related[UNIT_TRIGGERED_BY] > 0;
}

/* Devices, logins' scopes, mounts and slices nobody wrote a file for follow from what is plugged
 * in, logged in and mounted; names that others mention and that are not there are nothing. */
static bool counts(const struct live_unit *l, const struct unit *u)
{
	static const char *const never[] = { "device", "scope" };
	static const char *const with_file[] = { "mount", "swap", "slice", "target" };
	struct span type = unit_type(l->name);

	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (span_is(type, never[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(with_file); i++)
		if (span_is(type, with_file[i]) && !u->fragment)
			return false;
	return u->fragment || !span_is(l->load, "not-found") || !span_is(l->active, "inactive");
}

/* What only systemd itself can tell. */
#define OF_STATE \
	(field_bit(SERVICE_STATE) | field_bit(SERVICE_RESULT) | field_bit(SERVICE_EXIT) | \
		field_bit(SERVICE_FAILURES) | field_bit(SERVICE_LAST_FAILURE) | \
		field_bit(SERVICE_RELOAD_NEEDED) | field_bit(SERVICE_LOAD) | \
		field_bit(SERVICE_ACTIVE) | field_bit(SERVICE_SUB) | field_bit(SERVICE_MAIN_PID) | \
		field_bit(SERVICE_RESTARTS) | field_bit(SERVICE_STARTED) | \
		field_bit(SERVICE_EXITED) | field_bit(SERVICE_LAST_RUN) | \
		field_bit(SERVICE_NEXT_RUN) | field_bit(SERVICE_JOURNAL))
/* What generators below /run/systemd have a part in. */
#define OF_RUN \
	(field_bit(SERVICE_ENABLED) | field_bit(SERVICE_WANTED_BY) | \
		field_bit(SERVICE_REQUIRED_BY) | field_bit(SERVICE_ALIASES) | \
		field_bit(SERVICE_TRIGGERED_BY) | field_bit(SERVICE_DROP_INS) | \
		field_bit(SERVICE_DROP_INS_SHA256))

/* Units without a file may be any: the gap covers what is not delivered. What files tell is
 * compared all the same. */
static void ask_systemd(struct room *x)
{
	enum systemd_here here = host_systemd(x->h);
	struct err why = { 0 };

	if (here == SYSTEMD_NONE)
		return;
	if (here == SYSTEMD_COVERED) {
		(void)!err_set(&why, ERR_SYSTEM,
			"systemd runs, but '/run/systemd' is gone or lies under a mount");
		x->unknown |= OF_RUN;
		scan_gap_err(x->s, &kind_service, SPAN_NONE, true, &why);
	}
	x->asked = live_units_get(x->s, &x->live, &why) == 0;
	if (x->asked)
		return;
	x->live.n = 0;
	x->unknown |= OF_STATE;
	(void)err_prefix(&why, "the state of services is not known: ");
	scan_gap_err(x->s, &kind_service, SPAN_NONE, true, &why);
}

static int scan(struct scan *s, struct err *e)
{
	AUTO(room) x = { .s = s, .h = scan_host(s) };

	if (host_units(x.h, &x.units, e) < 0)
		return e->code;
	ask_systemd(&x);
	if (scan_asks_kind(s, &kind_service) & field_bit(SERVICE_PRESET))
		presets_load(s, &x.presets);
	for (size_t i = 0; i < x.units->n && !scan_stopped(s); i++) {
		const struct unit *u = &x.units->list[i];

		emit(&x, u, u->of_users ? NULL : live_units_find(&x.live, u->name));
	}
	for (size_t i = 0; i < x.live.n && !scan_stopped(s); i++) {
		const struct unit *u = host_unit_named(x.h, x.live.list[i].name);

		if (!units_find(x.units, u->key) && counts(&x.live.list[i], u) &&
			!is_connection(&x, &x.live.list[i]))
			emit(&x, u, &x.live.list[i]);
	}
	for (size_t i = 0; i < x.units->n_problems; i++)
		scan_gap_err(s, &kind_service, x.units->problems[i].key,
			x.units->problems[i].key.n == 0, &x.units->problems[i].why);
	return host_systemd(x.h) == SYSTEMD_NONE ? scripts_scan(s, e) : 0;
}

static const struct watch_source watches[] = {
	{ WATCH_SYSTEMD, NULL, 0 },
	{ WATCH_FILE, "/etc/systemd/**", 0 },
	{ WATCH_FILE, "/run/systemd/system/**", 0 },
	{ WATCH_FILE, "/run/systemd/system.control/**", 0 },
	{ WATCH_FILE, "/run/systemd/system.attached/**", 0 },
	{ WATCH_FILE, "/run/systemd/transient/**", 0 },
	{ WATCH_FILE, "/run/systemd/generator/**", 0 },
	{ WATCH_FILE, "/run/systemd/generator.early/**", 0 },
	{ WATCH_FILE, "/run/systemd/generator.late/**", 0 },
	{ WATCH_FILE, "/run/systemd/user/**", 0 },
	{ WATCH_FILE, "/run/systemd/system-preset/**", 0 },
	{ WATCH_FILE, "/usr/local/lib/systemd/**", 0 },
	{ WATCH_FILE, "/usr/lib/systemd/system/**", 0 },
	{ WATCH_FILE, "/usr/lib/systemd/user/**", 0 },
	{ WATCH_FILE, "/usr/lib/systemd/system-preset/**", 0 },
	{ WATCH_FILE, "/lib/systemd/system/**", 0 },
	{ WATCH_FILE, "/lib/systemd/user/**", 0 },
	{ WATCH_FILE, "/lib/systemd/system-preset/**", 0 },
	{ WATCH_FILE, "/etc/xdg/systemd/user/**", 0 },
	{ WATCH_FILE, "/usr/share/systemd/user/**", 0 },
	{ WATCH_FILE, "/usr/local/share/systemd/user/**", 0 },
	{ WATCH_FILE, "/home/*/.config/systemd/**", 0 },
	{ WATCH_FILE, "/home/*/.local/share/systemd/user/**", 0 },
	{ WATCH_FILE, "/root/.config/systemd/**", 0 },
	{ WATCH_FILE, "/root/.local/share/systemd/user/**", 0 },
	{ WATCH_FILE, "/etc/default/*", 0 },
	{ WATCH_FILE, "/etc/sysconfig/*", 0 },
	{ WATCH_FILE, "/etc/init.d/*", 0 },
	{ WATCH_FILE, "/etc/rc?.d/*", 0 },
	{ WATCH_FILE, "/etc/runlevels/**", 0 },
	{ WATCH_FILE, "/run/openrc/**", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_service = {
	.kind = &kind_service,
	.source = "systemd",
	.scan = scan,
	.watches = watches,
};
