/* Timers of systemd, with the command of what they start. */
#include "core/attr.h"
#include "core/buf.h"
#include "entity/cron.h"
#include "host/units.h"
#include "sensor/cron/cron_room.h"

#define TEXT_MAX ((size_t)1 << 20)

static void add_text(struct buf *b, struct span text)
{
	if (b->n)
		buf_add_text(b, "; ");
	buf_add_span(b, text);
}

/* All values of one key, or of all keys that begin with it; an empty one takes back those of its
 * key. */
static struct span join(struct cron_jobs *x, const struct unit *u, const char *section,
	const char *key, bool prefix)
{
	AUTO(buf) b = BUF_INIT(TEXT_MAX);
	struct unit_settings at = { .of = u };
	const struct unit_setting *s;

	while (unit_settings_next(&at, &s)) {
		if (!span_is(s->section, section) ||
			!(prefix ? span_starts(s->key, span_of(key)) : span_is(s->key, key)))
			continue;
		if (!s->value.n)
			buf_clear(&b);
		else if (prefix)
			add_text(&b, span_of(arena_format(x->arena, "%.*s=%.*s", SPAN_ARG(s->key),
					     SPAN_ARG(s->value))));
		else
			add_text(&b, s->value);
	}
	return arena_copy(x->arena, buf_span(&b));
}

static const struct unit *unit_started(struct cron_jobs *x, const struct units *all,
	const struct unit *timer, struct span *ret_name)
{
	struct span name = unit_get(timer, "Timer", "Unit");
	struct span prefix = { timer->key.p, timer->key.n - timer->name.n };

	if (!name.n)
		name = span_of(arena_format(x->arena, "%.*s.service", (int)(timer->name.n - 6),
			timer->name.p));
	*ret_name = name;
	if (!timer->of_users)
		return host_unit_named(x->h, name);
	return units_find(all,
		span_of(arena_format(x->arena, "%.*s%.*s", SPAN_ARG(prefix), SPAN_ARG(name))));
}

static struct span without_marks(struct span command)
{
	while (command.n && strchr("-@:+!|", command.p[0]) && command.p[0])
		command = span_from_offset(command, 1);
	return command;
}

static void add_timer(struct cron_jobs *x, const struct units *all, const struct unit *u)
{
	struct span name, user = SPAN_NONE, schedule, command;
	const struct unit *started = unit_started(x, all, u, &name);
	struct record *r;

	if (u->of_users)
		user = u->user;
	else if (started)
		user = unit_get(started, "Service", "User");
	if (!user.n && !u->of_users)
		user = span_of("root");
	r = cron_job(x, CRON_TIMER, u->fragment->path, user, SPAN_NONE);
	r->key = u->key;
	schedule = join(x, u, "Timer", "On", true);
	if (schedule.n)
		record_set_bytes(r, CRON_SCHEDULE, schedule);
	record_set_bytes(r, CRON_STARTS, name);
	record_set_number(r, CRON_ENABLED,
		u->n_related[UNIT_WANTED_BY] + u->n_related[UNIT_REQUIRED_BY] +
				u->n_related[UNIT_UPHELD_BY] >
			0);
	command = started ? join(x, started, "Service", "ExecStart", false) : SPAN_NONE;
	if (command.n)
		cron_set_command(x, r, without_marks(command), SPAN_NONE);
}

int cron_timers(struct cron_jobs *x, struct err *e)
{
	const struct units *all;

	if (host_units(x->h, &all, e) < 0)
		return e->code;
	if (host_systemd(x->h) == SYSTEMD_COVERED) {
		struct err why;

		(void)!err_set(&why, ERR_SYSTEM, "timers in '/run/systemd' cannot be seen");
		scan_gap_err(x->s, &kind_cron, SPAN_NONE, true, &why);
	}
	for (size_t i = 0; i < all->n && !scan_stopped(x->s); i++) {
		const struct unit *u = &all->list[i];

		if (u->fragment && span_is(unit_type(u->name), "timer") &&
			!unit_is_template(u->name))
			add_timer(x, all, u);
	}
	/* Files that cannot be read are said by kind service; here they may have been timers. */
	for (size_t i = 0; i < all->n_problems; i++)
		if (!all->problems[i].key.n || span_is(unit_type(all->problems[i].key), "timer"))
			scan_gap_err(x->s, &kind_cron, all->problems[i].key,
				all->problems[i].key.n == 0, &all->problems[i].why);
	return 0;
}
