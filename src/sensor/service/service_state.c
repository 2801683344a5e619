/* What is known of a running unit, as fields; and how it stands. */
#include "entity/service.h"

#include <signal.h>

#include "core/attr.h"
#include "sensor/service/service_room.h"

struct span service_exit_text(uint64_t code, uint64_t status, struct arena *a)
{
	/* systemd.exec(5), "Process Exit Codes": it never came to run the program. */
	static const struct {
		unsigned status;
		const char *text;
	} before[] = { { 200, "cannot enter its working directory" },
		{ 203, "cannot run its program" }, { 206, "cannot set up its output" },
		{ 209, "cannot set up its output" }, { 216, "no such group" },
		{ 217, "no such user" }, { 218, "cannot set its capabilities" },
		{ 226, "cannot set up its namespaces" }, { 228, "cannot filter system calls" } };
	const char *name;

	if (code == CLD_EXITED) {
		for (size_t i = 0; i < ARRAY_LEN(before); i++)
			if (before[i].status == status)
				return span_of(arena_format(a, "exit code %u (systemd: %s)",
					before[i].status, before[i].text));
		return status ? span_of(arena_format(a, "exit code %u", (unsigned)status))
			      : SPAN_NONE;
	}
	if (code != CLD_KILLED && code != CLD_DUMPED)
		return SPAN_NONE;
	name = status < NSIG ? sigabbrev_np((int)status) : NULL;
	return span_of(arena_format(a, "signal %u (%s)%s", (unsigned)status,
		name ? name : "real-time", code == CLD_DUMPED ? ", core dumped" : ""));
}

static bool is_wanted(const struct unit *u)
{
	return u->n_related[UNIT_WANTED_BY] + u->n_related[UNIT_REQUIRED_BY] +
		       u->n_related[UNIT_UPHELD_BY] >
	       0;
}

static bool is_oneshot(const struct record *r)
{
	return record_has(r, SERVICE_TYPE) && span_is(r->v[SERVICE_TYPE].bytes, "oneshot");
}

/* A oneshot that sets something up at every boot and stays active: a firewall, the network. What
 * has a condition that may hold at one boot and not at the next is none. */
static bool stays(const struct unit *u)
{
	static const char *const varying[] = { "ConditionNeedsUpdate", "ConditionFirstBoot",
		"ConditionPath", "ConditionDirectory", "ConditionFile", "ConditionAC" };
	struct unit_settings at = { .of = u };
	const struct unit_setting *x;
	bool remains = false;

	while (unit_settings_next(&at, &x)) {
		if (span_is(x->key, "RemainAfterExit") && span_is(x->section, "Service"))
			remains = x->value.n && memchr("yYtT1", x->value.p[0], 5);
		for (size_t i = 0; i < ARRAY_LEN(varying); i++)
			if (span_starts(x->key, span_of(varying[i])) && x->value.n)
				return false;
	}
	return remains;
}

/* It comes and goes by itself: nobody wants it up, or it is not made to stay. */
static bool is_on_demand(const struct unit *u, const struct record *r)
{
	bool triggered = false;

	for (size_t i = 0; i < u->n_related[UNIT_TRIGGERED_BY]; i++) {
		struct span type = unit_type(u->related[UNIT_TRIGGERED_BY][i]);

		if (span_is(type, "timer") || span_is(type, "path"))
			return true;
		triggered = true;
	}
	if (is_oneshot(r))
		return !is_wanted(u) || !stays(u);
	if (is_wanted(u))
		return false;
	return triggered || record_has(r, SERVICE_BUS_NAME) || u->enabled == UNIT_TRANSIENT;
}

/* A restart, or a start at boot that waits for its turn. */
static bool is_starting(const struct live_unit *l)
{
	return span_is(l->job, "start") || span_is(l->job, "restart") ||
	       span_is(l->job, "try-restart") || span_is(l->job, "reload-or-start");
}

/* While it is on its way somewhere, where that is. */
static enum service_state state_of(const struct unit *u, const struct live_unit *l,
	const struct record *r)
{
	bool service = span_is(unit_type(u->name), "service");

	if (l && span_is(l->active, "failed"))
		return SERVICE_FAILED;
	if (l && span_is(l->sub, "auto-restart"))
		return SERVICE_RESTARTING;
	if (service && is_on_demand(u, r))
		return SERVICE_ON_DEMAND;
	if (!l || (!is_starting(l) &&
			  (span_is(l->active, "inactive") || span_is(l->active, "deactivating"))))
		return SERVICE_STOPPED;
	if (!service)
		return SERVICE_WAITING;
	return is_oneshot(r) ? SERVICE_DONE : SERVICE_RUNNING;
}

static void set_time(struct record *r, unsigned field, uint64_t us)
{
	if (us && us < INT64_MAX / 1000)
		record_set_time(r, field, (int64_t)us * 1000);
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

static void set_live(const struct live_unit *l, struct record *r, struct arena *a)
{
	set_text(r, SERVICE_LOAD, l->load);
	set_text(r, SERVICE_ACTIVE, l->active);
	set_text(r, SERVICE_SUB, l->sub);
	if (!span_is(l->result, "success"))
		set_text(r, SERVICE_RESULT, l->result);
	if (record_has(r, SERVICE_RESULT))
		set_text(r, SERVICE_EXIT, service_exit_text(l->exit_code, l->exit_status, a));
	if (l->main_pid)
		record_set_number(r, SERVICE_MAIN_PID, l->main_pid);
	if (l->restarts)
		record_set_number(r, SERVICE_RESTARTS, l->restarts);
	if (l->asked_reload)
		record_set_number(r, SERVICE_RELOAD_NEEDED, l->reload_needed);
	set_time(r, SERVICE_STARTED, l->started);
	set_time(r, SERVICE_EXITED, l->exited);
	set_time(r, SERVICE_LAST_RUN, l->last_run);
	set_time(r, SERVICE_NEXT_RUN, l->next_run);
	if (!record_has(r, SERVICE_FRAGMENT))
		set_text(r, SERVICE_FRAGMENT, l->fragment);
}

void service_state(const struct unit *u, const struct live_unit *live, struct record *r,
	struct arena *a)
{
	static const char *const types[] = { "service", "socket", "timer", "path", "automount" };
	enum service_state state = state_of(u, live, r);
	bool has = state == SERVICE_FAILED;

	/* Whether a target, mount or slice is active follows from others. */
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		has |= span_is(unit_type(u->name), types[i]);
	if (has && !unit_is_template(u->name))
		record_set_number(r, SERVICE_STATE, state);
	if (live)
		set_live(live, r, a);
}
