/* What systemd says of the units it has loaded. */
#include "entity/service.h"

#include <stdlib.h>

#include "core/attr.h"
#include "host/units.h"
#include "sensor/service/service_room.h"

#define UNITS_MAX 65536
#define MANAGER "org.freedesktop.systemd1"
#define INTERFACE(name) MANAGER "." name

enum target {
	RESULT,
	FRAGMENT,
	MAIN_PID,
	RESTARTS,
	EXIT_CODE,
	EXIT_STATUS,
	STARTED,
	EXITED,
	LAST_RUN,
	NEXT_RUN,
	RELOAD
};

/* One property of one unit. The whole set would be one call, of which systemd makes 250 values,
 * reading control groups for some: ten times the cost of these. */
struct want {
	struct live_unit *unit;
	enum target target;
};

struct wants {
	struct buf want, call; /* struct want, struct bus_call: as many */
	uint64_t asks;
};

static void wants_done(struct wants *w)
{
	struct bus_call *call = (void *)w->call.p;

	for (size_t i = 0; i < w->call.n / sizeof *call; i++)
		bus_reply_free(call[i].reply);
	buf_done(&w->want);
	buf_done(&w->call);
}

static void want(struct wants *w, struct live_unit *u, const char *interface, const char *property,
	enum target target, unsigned field)
{
	const struct want one = { u, target };
	const struct bus_call call = { .name = MANAGER,
		.path = u->path.p,
		.interface = "org.freedesktop.DBus.Properties",
		.member = "Get",
		.args = { interface, property } };

	/* What is never a change is no field of a rule, but shown with those that are. */
	if (!(w->asks & (field_bit(field) | field_bit(SERVICE_STATE) | field_bit(SERVICE_FAILURES) |
				field_bit(SERVICE_RESULT))))
		return;
	buf_add(&w->want, &one, sizeof one);
	buf_add(&w->call, &call, sizeof call);
}

static void want_of_service(struct wants *w, struct live_unit *u)
{
	static const char service[] = INTERFACE("Service");
	bool inactive = span_is(u->active, "inactive");
	bool running = span_is(u->active, "active") || span_is(u->active, "reloading");

	want(w, u, service, "ExecMainStartTimestamp", STARTED, SERVICE_STARTED);
	if (!running)
		want(w, u, service, "ExecMainExitTimestamp", EXITED, SERVICE_EXITED);
	if (inactive)
		return;
	if (running)
		want(w, u, service, "MainPID", MAIN_PID, SERVICE_MAIN_PID);
	want(w, u, service, "NRestarts", RESTARTS, SERVICE_RESTARTS);
	want(w, u, INTERFACE("Unit"), "NeedDaemonReload", RELOAD, SERVICE_RELOAD_NEEDED);
	if (running)
		return;
	want(w, u, service, "Result", RESULT, SERVICE_RESULT);
	want(w, u, service, "ExecMainCode", EXIT_CODE, SERVICE_EXIT);
	want(w, u, service, "ExecMainStatus", EXIT_STATUS, SERVICE_EXIT);
}

static void want_of(struct wants *w, struct live_unit *u)
{
	static const struct {
		const char *type, *interface;
	} others[] = { { "socket", INTERFACE("Socket") }, { "timer", INTERFACE("Timer") },
		{ "path", INTERFACE("Path") }, { "mount", INTERFACE("Mount") },
		{ "automount", INTERFACE("Automount") }, { "swap", INTERFACE("Swap") } };
	struct span type = unit_type(u->name);

	if (span_is(type, "service"))
		want_of_service(w, u);
	if (span_is(type, "timer") && span_is(u->active, "active")) {
		want(w, u, INTERFACE("Timer"), "LastTriggerUSec", LAST_RUN, SERVICE_LAST_RUN);
		want(w, u, INTERFACE("Timer"), "NextElapseUSecRealtime", NEXT_RUN,
			SERVICE_NEXT_RUN);
	}
	for (size_t i = 0; span_is(u->active, "failed") && i < ARRAY_LEN(others); i++)
		if (span_is(type, others[i].type))
			want(w, u, others[i].interface, "Result", RESULT, SERVICE_RESULT);
}

static void take(const struct want *w, struct bus_reply *r, struct arena *a)
{
	struct live_unit *u = w->unit;
	bool text = w->target == RESULT || w->target == FRAGMENT;
	struct span value;
	uint64_t n = 0;
	/* What type it has is known; systemd is asked as anybody else is. */
	static const char *const signatures[] = { [RESULT] = "s",
		[FRAGMENT] = "s",
		[MAIN_PID] = "u",
		[RESTARTS] = "u",
		[EXIT_CODE] = "i",
		[EXIT_STATUS] = "i",
		[STARTED] = "t",
		[EXITED] = "t",
		[LAST_RUN] = "t",
		[NEXT_RUN] = "t",
		[RELOAD] = "b" };
	uint64_t *const numbers[] = { [MAIN_PID] = &u->main_pid,
		[RESTARTS] = &u->restarts,
		[EXIT_CODE] = &u->exit_code,
		[EXIT_STATUS] = &u->exit_status,
		[STARTED] = &u->started,
		[EXITED] = &u->exited,
		[LAST_RUN] = &u->last_run,
		[NEXT_RUN] = &u->next_run };

	if (!r || !bus_enter(r, 'v', signatures[w->target]))
		return;
	if (text && bus_text(r, &value))
		*(w->target == RESULT ? &u->result : &u->fragment) = arena_copy(a, value);
	else if (!text && bus_number(r, &n) && w->target == RELOAD) {
		u->asked_reload = true;
		u->reload_needed = n != 0;
	} else if (!text && n != UINT64_MAX) { /* "never", of a time */
		*numbers[w->target] = n;
	}
}

static int ask(struct bus *b, struct wants *w, struct arena *a, struct err *e)
{
	struct bus_call *call = (void *)w->call.p;
	const struct want *list = (const void *)w->want.p;
	size_t n = w->call.n / sizeof *call;

	if (n == 0)
		return 0;
	if (bus_calls(b, call, n, e) < 0)
		return e->code;
	for (size_t i = 0; i < n; i++)
		take(&list[i], call[i].reply, a);
	return 0;
}

/* ---- the list ---- */

static int compare_live(const void *x, const void *y)
{
	return span_compare(((const struct live_unit *)x)->name,
		((const struct live_unit *)y)->name);
}

const struct live_unit *live_units_find(const struct live_units *l, struct span name)
{
	const struct live_unit key = { .name = name };

	return l->n ? bsearch(&key, l->list, l->n, sizeof key, compare_live) : NULL;
}

/* False: it is not what ListUnits answers; then part of it may be missing. */
static bool read_units(struct bus_reply *r, struct arena *a, struct buf *ret)
{
	if (!bus_enter(r, 'a', "(ssssssouso)"))
		return false;
	while (bus_enter(r, 'r', "ssssssouso")) {
		struct live_unit u = { 0 };
		struct span ignored;
		uint64_t job = 0;

		if (!bus_text(r, &u.name) || !bus_text(r, &ignored) || !bus_text(r, &u.load) ||
			!bus_text(r, &u.active) || !bus_text(r, &u.sub) || !bus_text(r, &ignored) ||
			!bus_text(r, &u.path) || !bus_number(r, &job) || !bus_text(r, &u.job) ||
			!bus_skip(r, "o") || !bus_leave(r))
			return false;
		u.name = arena_copy(a, u.name);
		u.load = arena_copy(a, u.load);
		u.active = arena_copy(a, u.active);
		u.sub = arena_copy(a, u.sub);
		u.path = arena_copy(a, u.path);
		u.job = job ? arena_copy(a, u.job) : SPAN_NONE;
		buf_add(ret, &u, sizeof u);
	}
	return bus_leave(r);
}

static int list_units(struct bus *b, struct arena *a, struct live_units *ret, struct err *e)
{
	AUTO(buf) all = BUF_INIT(UNITS_MAX * sizeof(struct live_unit));
	struct bus_call call = { .name = MANAGER,
		.path = "/org/freedesktop/systemd1",
		.interface = INTERFACE("Manager"),
		.member = "ListUnits" };
	bool whole;

	if (bus_call(b, &call, e) < 0)
		return e->code;
	whole = read_units(call.reply, a, &all);
	bus_reply_free(call.reply);
	if (all.full)
		return err_set(e, ERR_LIMIT, "systemd has more than %d units", UNITS_MAX);
	if (!whole || all.n == 0)
		return err_set(e, ERR_FORMAT, "systemd does not list its units as it should");
	ret->n = all.n / sizeof *ret->list;
	ret->list = arena_get(a, all.n);
	memcpy(ret->list, all.p, all.n);
	qsort(ret->list, ret->n, sizeof *ret->list, compare_live);
	return 0;
}

int live_units_get(struct scan *s, struct live_units *ret, struct err *e)
{
	AUTO(wants)
	w = { BUF_INIT(UNITS_MAX * 64), BUF_INIT(UNITS_MAX * 1024),
		scan_asks_kind(s, &kind_service) };
	struct host *h = scan_host(s);
	struct bus *b;

	*ret = (struct live_units){ 0 };
	if (host_bus(h, BUS_SYSTEMD, &b, e) < 0)
		return e->code;
	if (list_units(b, scan_arena(s), ret, e) < 0)
		return e->code;
	for (size_t i = 0; i < ret->n; i++) {
		want_of(&w, &ret->list[i]);
		if (span_is(ret->list[i].load, "loaded") &&
			!host_unit_named(h, ret->list[i].name)->fragment)
			want(&w, &ret->list[i], INTERFACE("Unit"), "FragmentPath", FRAGMENT,
				SERVICE_FRAGMENT);
	}
	return ask(b, &w, scan_arena(s), e);
}
