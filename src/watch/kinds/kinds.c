/* Every kind but files: what the rooms of src/sensor declare as their sources is listened to, each
 * by its means, and where a means is refused the kind is looked at every so often. */
#include "watch/kinds/kinds.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"

#define PATHS_MAX ((size_t)1 << 20)

static const struct kinds_means_room *const rooms[] = { &kinds_means_systemd, &kinds_means_bus,
	&kinds_means_uevent, &kinds_means_nftables, &kinds_means_socket, &kinds_means_exec,
	&kinds_means_setting };

static const char *const counters[KINDS_MEANS_N] = {
	[WATCH_FILE] = "kinds_by_file",
	[WATCH_EXEC] = "kinds_by_exec",
	[WATCH_EXIT] = "kinds_by_exit",
	[WATCH_SOCKET] = "kinds_by_socket",
	[WATCH_SYSTEMD] = "kinds_by_systemd",
	[WATCH_BUS] = "kinds_by_bus",
	[WATCH_MOUNT] = "kinds_by_mount",
	[WATCH_UEVENT] = "kinds_by_uevent",
	[WATCH_NFTABLES] = "kinds_by_nftables",
	[WATCH_SETTING] = "kinds_by_setting",
	[WATCH_POLL] = "kinds_by_poll",
};

/* ---- what a means may do ---- */

void kinds_heard(struct watched_kind *k, enum watch_means by, const struct kinds_act *act)
{
	if (!k->asked)
		return;
	++*k->all->hints[by];
	kinds_wait(k, act);
}

void kinds_heard_all(struct watched_kinds *all, enum watch_means by, struct span what,
	const struct kinds_act *act)
{
	for (size_t i = 0; i < KIND_IDS; i++) {
		struct watched_kind *k = &all->of[i];

		if ((k->declared & 1u << by) && (!what.p || span_is(what, k->uevent)))
			kinds_heard(k, by, act);
	}
}

static void set_state(struct watched_kinds *all, enum watch_means by, bool in_force, bool absent,
	const char *why)
{
	struct kinds_means *m = &all->means[by];

	if (m->begun && m->in_force == in_force && strcmp(m->why, in_force ? "" : why) == 0)
		return;
	m->begun = true;
	m->absent = absent;
	m->in_force = in_force;
	snprintf(m->why, sizeof m->why, "%s", in_force ? "" : why);
	for (size_t i = 0; i < KIND_IDS; i++)
		if (all->of[i].declared & 1u << by)
			all->of[i].untold |= 1u << by;
	kinds_poll_set(all);
	kinds_tell(all);
}

void kinds_state(struct watched_kinds *all, enum watch_means by, bool in_force, const char *why)
{
	set_state(all, by, in_force, false, why);
}

void kinds_absent(struct watched_kinds *all, enum watch_means by, const char *why)
{
	set_state(all, by, false, true, why);
}

void kinds_lost(struct watched_kinds *all, enum watch_means by, int64_t from, uint64_t count,
	const char *text)
{
	for (size_t i = 0; i < KIND_IDS; i++) {
		struct watched_kind *k = &all->of[i];

		if (!k->asked || !(k->declared & 1u << by))
			continue;
		if (!k->lost.text.n)
			k->lost.from = from;
		k->lost.to = clock_now();
		k->lost.count += count;
		k->lost.text = span_of(text);
		k->lost.means = span_of(counters[by] + sizeof "kinds_by_" - 1);
		k->lost.kind = k->kind;
	}
	kinds_tell(all);
}

/* ---- what is asked for ---- */

static void declare(struct watched_kinds *all)
{
	for (size_t i = 0; sensors[i]; i++) {
		struct watched_kind *k = &all->of[sensors[i]->kind->id];

		k->kind = sensors[i]->kind;
		for (const struct watch_source *s = sensors[i]->watches; s && s->means; s++) {
			k->declared |= 1u << s->means;
			if (s->means == WATCH_UEVENT)
				k->uevent = s->what;
			if (s->means == WATCH_SETTING)
				k->setting = s->what;
			if (s->means == WATCH_POLL && (!k->poll || s->seconds < k->poll))
				k->poll = s->seconds;
		}
	}
	for (size_t i = 0; i < KIND_IDS; i++)
		all->of[i].all = all;
}

static bool asked_for(const struct watcher *w, const struct kind *k)
{
	const struct rule *const *rules = policy_rules(w->policy);

	if (!w->selector.fields(w->selector.policy, k))
		return false;
	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->kind == k && rules[i]->real_time)
			return true;
	return false;
}

/* A path may matter to several kinds, and to one by several sensors; files tells each once. */
static void list_paths(struct watched_kinds *all)
{
	buf_clear(&all->paths);
	for (size_t i = 0; sensors[i]; i++) {
		const struct kind *k = sensors[i]->kind;

		if (!all->of[k->id].asked)
			continue;
		for (const struct watch_source *s = sensors[i]->watches; s && s->means; s++)
			if (s->means == WATCH_FILE)
				buf_add(&all->paths, &(struct watch_path){ k, s->what },
					sizeof(struct watch_path));
	}
	buf_add(&all->paths, &(struct watch_path){ NULL, NULL }, sizeof(struct watch_path));
}

static unsigned wanted(const struct watched_kinds *all)
{
	unsigned means = 0;

	for (size_t i = 0; i < KIND_IDS; i++)
		if (all->of[i].asked)
			means |= all->of[i].declared;
	return means;
}

/* Means that nobody needs are not even begun. */
static void set_means(struct watched_kinds *all)
{
	unsigned means = wanted(all);

	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		struct kinds_means *m = &all->means[rooms[i]->of];

		if (!(means & 1u << rooms[i]->of)) {
			rooms[i]->end(all);
			*m = (struct kinds_means){ 0 };
		} else if (!m->begun) {
			rooms[i]->begin(all);
		}
	}
}

static void policy(struct watcher *w)
{
	struct watched_kinds *all = w->kinds;

	for (size_t i = 0; i < KIND_IDS; i++) {
		struct watched_kind *k = &all->of[i];
		bool was = k->asked;

		k->asked = k->declared && asked_for(w, k->kind);
		if (k->asked && !was) {
			k->untold = k->declared;
			k->polled_told = 0;
		}
	}
	list_paths(all);
	set_means(all);
	kinds_poll_set(all);
	kinds_tell(all);
}

/* ---- the doors ---- */

const struct watch_path *kinds_paths(struct watcher *w)
{
	return (const struct watch_path *)w->kinds->paths.p;
}

void kinds_path(struct watcher *w, const struct watch_path *p, struct span path, int64_t time,
	struct span who, const char *why)
{
	(void)path; /* which entities are read from it, only the kind's room knows */
	kinds_heard(&w->kinds->of[p->kind->id], WATCH_FILE,
		&(struct kinds_act){ .time = time, .who = who, .why = why });
}

void kinds_mounts(struct watcher *w, struct span point, bool layers, int64_t time, struct span who,
	const char *why)
{
	struct kinds_act act = { .key = point, .time = time, .who = who, .why = why };
	AUTO(buf) key = BUF_INIT(PATHS_MAX);

	kinds_state(w->kinds, WATCH_MOUNT, true, "");
	kinds_heard_all(w->kinds, WATCH_MOUNT, SPAN_NONE, &act);
	if (!layers)
		return;
	buf_add_span(&key, point);
	buf_add_char(&key, '#'); /* "/mnt#2" lies over "/mnt" */
	act.key = buf_span(&key);
	act.below = true;
	kinds_heard_all(w->kinds, WATCH_MOUNT, SPAN_NONE, &act);
}

static void drained(struct watcher *w)
{
	kinds_tell(w->kinds);
	for (size_t i = 0; i < KIND_IDS; i++)
		kinds_send_waiting(&w->kinds->of[i]);
}

static bool settle(struct watcher *w)
{
	bool all = true;

	processes_drain(w); /* who began or ended is theirs */
	for (size_t i = 0; i < KIND_IDS; i++) {
		if (w->gently && !(w->settles >> i & 1))
			continue;
		kinds_send_waiting(&w->kinds->of[i]);
		all = all && w->kinds->of[i].waiting.n == 0;
	}
	return all;
}

static int start(struct watcher *w, struct err *e)
{
	struct watched_kinds *all = mem_new(sizeof *all);

	(void)e;
	w->kinds = all;
	all->w = w;
	all->arena = arena_new();
	all->paths = BUF_INIT(PATHS_MAX);
	for (size_t i = 0; i < KINDS_MEANS_N; i++)
		if (counters[i])
			all->hints[i] = watcher_counter(w, counters[i]);
	declare(all);
	kinds_programs_start(all);
	/* The room of files watches these two, begun behind us. */
	all->means[WATCH_FILE] = (struct kinds_means){ .begun = true, .in_force = true };
	all->means[WATCH_MOUNT] = (struct kinds_means){ .begun = true, .in_force = true };
	policy(w);
	return 0;
}

static void stop(struct watcher *w)
{
	struct watched_kinds *all = w->kinds;

	if (!all)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		rooms[i]->end(all);
	kinds_programs_stop(all);
	kinds_poll_done(all);
	for (size_t i = 0; i < KIND_IDS; i++)
		kinds_waiting_done(&all->of[i]);
	buf_done(&all->paths);
	arena_free(all->arena);
	free(all);
	w->kinds = NULL;
}

static void canary_of(struct watched_kind *k)
{
	struct notice n = { .type = NOTICE_CANARY,
		.canary = { .kind = k->kind,
			.text = span_of("it would have to change this host: its means are told by "
					"themselves") } };

	if (k->asked)
		(void)watcher_send(k->all->w, &n);
}

static void canary(struct watcher *w)
{
	for (size_t i = 0; i < KIND_IDS; i++)
		canary_of(&w->kinds->of[i]);
}

const struct watch_room watch_kinds = { .name = "kinds",
	.start = start,
	.stop = stop,
	.policy = policy,
	.canary = canary,
	.drained = drained,
	.settle = settle };
