/* From hints to changes: what was heard of is gathered for a moment, then looked at together. */
#include <stdio.h>

#include "agent/collector/state.h"
#include "agent/log.h"
#include "entity/package.h"
#include "os/clock.h"
#include "os/memory.h"

#define MS INT64_C(1000000)
#define GATHER_MS 8                /* what belongs together comes together */
#define REST_MAX_MS 250            /* between two looks, however long they take */
#define PACE 12                    /* a flat kind: a look costs at most a 12th of the time … */
#define PACE_MAX_MS 800            /* … but is made within a second */
#define DEAR_WAIT_MS 250           /* until it is seen whether one may be looked at */
#define REMOTE_MS 1000             /* for a mount that does not answer: all else waits for it */
#define BURST 2000                 /* looks that take memory worth giving back */
#define MOST 1024                  /* looks at once, … */
#define FIRST 512                  /* … until it is known what they cost, … */
#define LEAST 256                  /* … and fewer where so many take longer than … */
#define TURN_NS INT64_C(200000000) /* … this: meanwhile nobody is answered, or listened to */
#define RETRY_MS 50
#define RETRY_MAX_MS 10000
#define RETRY_LOCKED_MS 200
#define FAILURES_SAID 4 /* in a row; a full disk at once */
#define FAILURES_MAX 20 /* then what could not be looked at is given up, as a loss */

/* ---- what may be looked at now ---- */

struct choice {
	struct collector *c;
	int64_t now;
	bool all, gives_way;
};

static bool may_look(void *ctx, const struct look_again *l)
{
	const struct choice *x = ctx;

	if (l->kind->hierarchical && (x->gives_way || dear_is_put_off(x->c, l)))
		return false;
	if (x->all || l->kind->hierarchical || l->kind == &kind_package)
		return true;
	return ahead_may_look(x->c, l->kind) && x->c->pace[l->kind->id].next <= x->now;
}

static int64_t files_next(const struct collector *c)
{
	return c->give_way.began ? c->give_way.next : 1;
}

/* Monotonic ns; 0: nothing of it waits, or what it waits for is under way. */
static int64_t next_of(const struct collector *c, const struct kind *k)
{
	int64_t next = c->pace[k->id].next;

	if (c->pace[k->id].dear)
		return ahead_next(c, k);
	if (!backlog_count_of(c->backlog, k))
		return 0;
	if (k->hierarchical)
		return files_next(c);
	/* never looked at: now, which 0 does not mean */
	return k == &kind_package || next == 0 ? 1 : next;
}

/* When the next look is due: monotonic ns; 0: nothing waits. */
static int64_t next_look(const struct collector *c)
{
	int64_t next = 0;

	for (unsigned id = 0; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);
		int64_t at = k ? next_of(c, k) : 0;

		if (at == 0)
			continue;
		if (at < c->rest)
			at = c->rest;
		if (next == 0 || at < next)
			next = at;
	}
	return next;
}

void look_schedule(struct collector *c)
{
	int64_t now = clock_monotonic(), at = next_look(c), wait;

	if (at == 0 || c->stopping)
		return;
	wait = at - now;
	if (wait < GATHER_MS * MS)
		wait = GATHER_MS * MS;
	/* what is due later does not hold up what came now */
	if (timer_waits(c->due) && c->due_at <= now + wait)
		return;
	c->due_at = now + wait;
	timer_start(c->due, wait);
}

/* ---- one look ---- */

static void note_latency(struct collector *c, const struct look_again *looks, size_t n)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < n; i++) {
		int64_t ms = looks[i].happened ? (now - looks[i].happened) / MS : 0;
		unsigned b = 0;

		if (looks[i].observed != OBSERVED_REALTIME || !looks[i].happened)
			continue;
		while (b < LATENCY_BUCKETS - 1 && ms > INT64_C(1) << b)
			b++;
		c->latency[looks[i].kind->id].n[b]++;
	}
}

static void note_pace(struct collector *c, const struct look_again *looks, size_t n, int64_t cost)
{
	int64_t now = clock_monotonic();

	for (size_t i = 0; i < n; i++) {
		struct pace *p = &c->pace[looks[i].kind->id];
		int64_t wait = cost * PACE < PACE_MAX_MS * MS ? cost * PACE : PACE_MAX_MS * MS;

		if (looks[i].kind->hierarchical)
			continue;
		p->cost = cost;
		p->next = now + wait;
	}
	c->rest = now + (cost < REST_MAX_MS * MS ? cost : REST_MAX_MS * MS);
}

/* By what this one cost: how many the next one may have. */
static void note_most(struct collector *c, size_t n, int64_t cost)
{
	int64_t most = cost > 0 ? (int64_t)n * TURN_NS / cost : MOST;

	if (n < LEAST) /* says little of many */
		return;
	c->most = most < LEAST ? LEAST : most > MOST ? MOST : (size_t)most;
}

/* What could not be looked at in spite of all trying is surveyed later. */
static void give_up(struct collector *c, const struct look_again *looks, size_t n,
	const struct err *why)
{
	struct loss_note loss = { .means = span_of("collector"),
		.from = looks[0].happened ? looks[0].happened : clock_now(),
		.to = clock_now(),
		.count = n,
		.text = span_of(why->text) };

	losses_survey(c, &loss);
}

/* Once, not at each new try; status says it as long as it lasts. */
static void say_trouble(struct collector *c, const struct err *why)
{
	bool first = !c->trouble[0];

	if (why->code == ERR_LOCKED || (why->code != ERR_WRITE && c->failures < FAILURES_SAID))
		return;
	snprintf(c->trouble, sizeof c->trouble, "%s", why->text);
	if (!first)
		return;
	log_say(LOG_LEVEL_ERROR,
		"what changed cannot be recorded: %s; it waits, and is tried again", c->trouble);
	answer_trouble(c);
}

static void say_no_trouble(struct collector *c)
{
	if (!c->trouble[0])
		return;
	c->trouble[0] = '\0';
	log_say(LOG_LEVEL_INFO, "what changed can be recorded again");
	answer_trouble(c);
}

static void failed(struct collector *c, const struct look_again *looks, size_t n,
	const struct err *why)
{
	/* Who has the lock gives it back; a full disk takes longer to be mended. */
	int64_t wait = RETRY_MS, most = why->code == ERR_LOCKED ? RETRY_LOCKED_MS : RETRY_MAX_MS;

	if (why->code == ERR_INTERRUPTED)
		return;
	if (why->code == ERR_DAMAGED) {
		collector_end(c, why);
		return;
	}
	for (unsigned i = 0; i < c->failures && wait < most; i++)
		wait *= 2;
	c->failures++;
	c->rest = clock_monotonic() + wait * MS;
	say_trouble(c, why);
	if (why->code != ERR_LOCKED && why->code != ERR_WRITE && c->failures > FAILURES_MAX) {
		c->failures = 0;
		give_up(c, looks, n, why);
		return;
	}
	look_back(c, looks, n);
}

/* False: it failed, and they wait again. */
static bool look(struct collector *c, const struct look_again *looks, size_t n, bool all)
{
	struct check_listener l = collector_listener(c);
	int64_t began = clock_monotonic();
	struct scan_options o = c->options;
	struct check_summary sum;
	struct err e = { 0 };
	int rc;

	c->looks++;
	o.remote_ms = REMOTE_MS;
	o.kind_ms = all ? 0 : AHEAD_MS;
	if (c->late_door)
		l.late = c->late_door->hear;
	dear_limit(c, looks, n, &o);
	rc = pipeline_look(c->store, c->policy, &o, looks, n, &l, &sum, &e);
	if (rc == ERR_CHANGED && start_policy(c, NULL, &e) == 0)
		rc = pipeline_look(c->store, c->policy, &o, looks, n, &l, &sum, &e);
	if (c->late_door)
		c->late_door->done(c);
	if (rc < 0) {
		if (!ahead_failed(c, rc, looks, n))
			failed(c, looks, n, &e);
		return false;
	}
	c->failures = 0;
	say_no_trouble(c);
	if (sum.gaps > dear_looked(c, looks, n, clock_monotonic() - began))
		again_later(c, looks, n);
	for (unsigned i = 0; i < CHANGE_TYPE_N; i++)
		c->changes[i] += sum.changes[i];
	note_latency(c, looks, n);
	note_pace(c, looks, n, clock_monotonic() - began);
	note_most(c, n, clock_monotonic() - began);
	ahead_looked(c, looks, n);
	return true;
}

/* A transaction of packages explains its files only when all of them are looked at together. */
static size_t most_of(const struct collector *c)
{
	return backlog_count_of(c->backlog, &kind_package) ? SIZE_MAX : c->most;
}

/* 1: looked; 0: nothing may be looked at now; -1: it failed. */
static int look_some(struct collector *c, bool all)
{
	AUTO_FREE(arena) arena = arena_new();
	struct choice choice = { .c = c, .now = clock_monotonic(), .all = all };
	struct look_again *looks;
	size_t n;

	choice.gives_way =
		!all && give_way(&c->give_way, c->backlog, choice.now, dear_is_put_off, c);
	n = backlog_take(c->backlog, most_of(c), may_look, &choice, arena, &looks);
	c->dear_alone = false;
	n = ahead_take(c, arena, &looks, n);
	if (n == 0 && !all && !choice.gives_way)
		n = dear_take(c, arena, &looks);
	if (n == 0)
		return 0;
	c->burst += n;
	return look(c, looks, n, all) ? 1 : -1;
}

static void on_due(void *ctx)
{
	struct collector *c = ctx;
	bool begun = ahead_begin(c);
	int r = look_some(c, false);

	if (r == 0 && !begun && !c->give_way.began) /* what waits is dear */
		c->rest = clock_monotonic() + DEAR_WAIT_MS * MS;
	if (r >= 0)
		survey_settled(c);
	if (c->burst > BURST && backlog_count(c->backlog) == 0) {
		c->burst = 0;
		memory_give_back();
	}
	look_schedule(c);
}

void look_all(struct collector *c)
{
	ahead_drop(c);
	while (backlog_count(c->backlog) && look_some(c, true) > 0)
		;
}

void look_start(struct collector *c)
{
	c->due = timer_new(c->loop, on_due, c);
	c->most = FIRST;
}

/* ---- what comes in ---- */

/* A repair that did not begin yet will look at all of this kind. */
static bool is_repaired_later(const struct collector *c, const struct kind *k)
{
	for (const struct job *j = c->jobs; j; j = j->next)
		if (!j->below && !j->inodes.n && j->n_losses &&
			(!j->plan.kinds || j->plan.kinds >> k->id & 1))
			return true;
	return false;
}

/* The caller's table is full: whatever did not fit may be anywhere. Of what comes until that is
 * looked for, no more is to be said. */
static void overflow(struct collector *c, const struct look_again *l)
{
	struct loss_note loss = { .means = span_of("collector"),
		.kind = l->kind,
		.scope = l->kind->hierarchical ? span_of("/") : SPAN_NONE,
		.from = backlog_oldest(c->backlog),
		.to = clock_now(),
		.text = span_of("more changed at once than could be kept in mind") };

	if (!is_repaired_later(c, l->kind))
		losses_survey(c, &loss);
}

void look_soon(struct collector *c, const struct look_again *l)
{
	if (!backlog_add(c->backlog, l))
		overflow(c, l);
	look_schedule(c);
}

void look_back(struct collector *c, const struct look_again *looks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		look_soon(c, &looks[i]);
	if (n && c->running && c->running->finished)
		c->running->serial = backlog_serial(c->backlog);
}

void look_hint(struct collector *c, const struct look_again *l)
{
	/* A file that is to be looked at because it has other names: nobody is known to have done
	 * anything. dpkg keeps what it replaces by another name. */
	bool of_nobody = l->kind->hierarchical && !l->who.n;

	dear_heard(c, l);
	if (l->kind->hierarchical)
		give_way_heard(&c->give_way);
	if (!hold_take(c->hold, l) && !(of_nobody && hold_beside(c->hold, l)))
		look_soon(c, l);
}
