/* Kinds that take long to look at (all processes, where somebody has thousands of them) are
 * observed by the side, one at a time: nothing else waits for them. What was heard of such a kind
 * waits here meanwhile; the look that takes what was observed then comes with all others. */
#include "agent/collector/state.h"
#include "agent/log.h"
#include "os/clock.h"

#define MS INT64_C(1000000)
#define TICK_MS 20              /* between two questions whether it is done */
#define CHEAP_MS (AHEAD_MS / 2) /* a dear kind that takes less is not dear any more */
#define PAUSE_MAX_MS 10000      /* half of the time it is not looked at, but no longer than this */

bool ahead_holds(const struct collector *c)
{
	return c->ahead.n > 0;
}

bool ahead_waits(struct collector *c, uint64_t serial)
{
	return ahead_holds(c) || backlog_waits(c->backlog, serial, dear_is_put_off, c);
}

/* ---- by the side ---- */

static bool is_wanted(void *ctx, const struct look_again *l)
{
	const struct collector *c = ctx;

	return l->kind == c->ahead.kind;
}

static void forget(struct collector *c)
{
	arena_freep(&c->ahead.arena);
	c->ahead.kind = NULL;
	c->ahead.looks = NULL;
	c->ahead.n = 0;
	c->ahead.complete = false;
}

/* They wait with all others again. */
static void drop(struct collector *c)
{
	struct arena *a = c->ahead.arena;
	struct look_again *looks = c->ahead.looks;
	size_t n = c->ahead.n;

	c->ahead.arena = NULL;
	forget(c);
	look_back(c, looks, n);
	arena_free(a);
}

static bool say_stopped(struct collector *c)
{
	static const char text[] = "a process that looks was stopped by a signal; it was "
				   "ended, and another one looks";

	if (!look_was_stopped(c->options.memory))
		return false;
	log_say(LOG_LEVEL_WARNING, "%s", text);
	collector_note(c, "looks-stopped", text);
	return true;
}

static void on_tick(void *ctx)
{
	struct collector *c = ctx;

	if (!c->ahead.kind)
		return;
	switch (look_ahead_state(c->options.memory)) {
	case AHEAD_GOES_ON:
		timer_start(c->ahead.tick, TICK_MS * MS);
		return;
	case AHEAD_COMPLETE:
		c->ahead.cost = clock_monotonic() - c->ahead.began;
		c->ahead.complete = true;
		break;
	default:
		drop(c);
		(void)say_stopped(c);
	}
	look_schedule(c);
}

/* The one that waits for longest. */
static const struct kind *next_dear(const struct collector *c, int64_t now)
{
	const struct kind *ret = NULL;

	for (unsigned id = 0; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);

		if (k && c->pace[id].dear && c->pace[id].next <= now &&
			backlog_count_of(c->backlog, k) &&
			(!ret || c->pace[id].next < c->pace[ret->id].next))
			ret = k;
	}
	return ret;
}

/* What waits for k now is what it was, or will be, observed for. */
static void goes_on(struct collector *c, const struct kind *k)
{
	if (!c->ahead.tick)
		c->ahead.tick = timer_new(c->loop, on_tick, c);
	c->ahead.kind = k;
	c->ahead.began = clock_monotonic();
	c->ahead.arena = arena_new();
	c->ahead.n =
		backlog_take(c->backlog, SIZE_MAX, is_wanted, c, c->ahead.arena, &c->ahead.looks);
	timer_start(c->ahead.tick, TICK_MS * MS);
}

bool ahead_begin(struct collector *c)
{
	const struct kind *k = c->ahead.kind ? NULL : next_dear(c, clock_monotonic());
	struct err e = { 0 };

	if (!k)
		return false;
	if (look_ahead(c->store, c->policy, &c->options, k, &e) < 0) {
		log_say(LOG_LEVEL_WARNING, "kind '%s' cannot be looked at by the side: %s", k->name,
			e.text);
		c->pace[k->id].next = clock_monotonic() + PAUSE_MAX_MS * MS;
		return false;
	}
	goes_on(c, k);
	return true;
}

void ahead_drop(struct collector *c)
{
	look_ahead_drop(c->options.memory);
	drop(c);
}

/* ---- the look that takes it ---- */

bool ahead_may_look(const struct collector *c, const struct kind *k)
{
	/* Of a look that fails all is lost: it is not made with others, which may be late as well.
	 */
	if (c->ahead.complete)
		return c->ahead.kind == k;
	return !c->pace[k->id].dear;
}

int64_t ahead_next(const struct collector *c, const struct kind *k)
{
	if (c->ahead.kind)
		return c->ahead.complete && c->ahead.kind == k ? 1 : 0;
	return backlog_count_of(c->backlog, k) ? c->pace[k->id].next : 0;
}

size_t ahead_take(struct collector *c, struct arena *a, struct look_again **looks, size_t n)
{
	size_t before = c->ahead.n;
	struct look_again *all;

	if (!c->ahead.complete)
		return n;
	all = arena_get(a, (before + n + 1) * sizeof *all);
	for (size_t i = 0; i < before; i++) {
		all[i] = c->ahead.looks[i];
		all[i].key = arena_copy(a, all[i].key);
		all[i].who = arena_copy(a, all[i].who);
		all[i].who_unknown = arena_copy(a, all[i].who_unknown);
	}
	/* The last one who counts: those that were heard of later come behind. */
	if (n)
		memcpy(all + before, *looks, n * sizeof *all);
	*looks = all;
	return before + n;
}

/* What was heard of while it was observed may not have been there yet. */
static void look_once_more(struct collector *c, const struct look_again *looks, size_t n)
{
	const struct kind *k = c->ahead.kind;

	for (size_t i = c->ahead.n; i < n; i++)
		if (looks[i].kind == k)
			look_soon(c, &looks[i]);
}

void ahead_looked(struct collector *c, const struct look_again *looks, size_t n)
{
	struct pace *p;
	int64_t pause;

	(void)say_stopped(c);
	if (!c->ahead.complete)
		return;
	look_once_more(c, looks, n);
	p = &c->pace[c->ahead.kind->id];
	p->cost = c->ahead.cost;
	p->dear = p->cost > CHEAP_MS * MS;
	pause = p->cost < PAUSE_MAX_MS * MS ? p->cost : PAUSE_MAX_MS * MS;
	if (p->next < clock_monotonic() + pause)
		p->next = clock_monotonic() + pause;
	forget(c);
}

bool ahead_failed(struct collector *c, int rc, const struct look_again *looks, size_t n)
{
	const struct kind *late = look_slow(c->options.memory);
	bool stopped = say_stopped(c);

	if (c->ahead.complete) {
		look_ahead_drop(c->options.memory);
		forget(c); /* its looks are among those that failed */
	}
	if (late) {
		c->pace[late->id].dear = true;
		c->pace[late->id].next = clock_monotonic();
	}
	if (rc != ERR_TIMEOUT || (!late && !stopped))
		return false;
	look_back(c, looks, n);
	/* Begun anew it would be as late again, on a host that is busy. */
	if (late && !c->ahead.kind && look_goes_on_ahead(c->options.memory, late))
		goes_on(c, late);
	return true;
}
