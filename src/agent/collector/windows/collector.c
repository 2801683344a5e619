/* The collector on Windows: one process. What hears of changes runs in threads of its own
 * (watch/windows/hearings.h); all else happens in this one loop. */
#include "agent/collector/collector.h"

#include <stdlib.h>

#include "agent/collector/windows/collector_windows.h"
#include "agent/control/windows/control_pipe.h"
#include "agent/log.h"
#include "agent/service/windows/agent_windows.h"
#include "core/mem.h"
#include "os/clock.h"
#include "os/windows/wide.h"

#define WRITTEN_NS INT64_C(50000000)   /* what is written together is read together */
#define OTHERS_NS INT64_C(10000000000) /* between two looks at what others wrote, … */
#define UNTOLD_NS INT64_C(1000000000)  /* … where nothing tells that the store was written to */
#define CLOCK_NS INT64_C(5000000000)   /* between two looks at the clocks */

void collector_end(struct collector *c, const struct err *why)
{
	if (why && c->err.code == 0)
		c->err = *why;
	c->stopping = true;
	loop_end(c->loop);
}

bool collector_hurry(void *ctx)
{
	const struct collector *c = ctx;

	return c->stopping ||
	       WaitForSingleObject(hearings_heard(c->windows->hearings), 0) == WAIT_OBJECT_0;
}

/* ---- hearing ---- */

static void on_heard(void *ctx)
{
	struct collector *c = ctx;
	struct notice n;

	arena_clear(c->arena);
	while (hearings_take(c->windows->hearings, c->arena, &n)) {
		collector_notice(c, &n);
		arena_clear(c->arena);
	}
}

/* With a copy of the policy: its rooms may outlive the one that is replaced. */
static int hear(struct collector *c, struct err *e)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct policy *p;

	policy_print(c->policy, &text);
	if (policy_load_text(&p, "the policy in force", buf_span(&text), false, &problems, e) < 0)
		return e->code;
	return hearings_begin(c->windows->hearings, p, e);
}

/* Rooms do not say who did it, and have no canaries. */
void collector_ask(struct collector *c, enum request_type type, uint32_t pid, struct span text)
{
	(void)c, (void)type, (void)pid, (void)text;
}

void collector_policy(struct collector *c)
{
	int64_t from = clock_now();
	struct loss_note loss = { .means = span_of("hearing") };
	struct err e = { 0 };

	if (hear(c, &e) < 0) {
		collector_end(c, &e);
		return;
	}
	loss.from = from;
	loss.to = clock_now();
	loss.text = span_of("what hears of changes was begun again with another policy");
	losses_deaf(c, &loss);
}

/* ---- the clock ---- */

/* Records bear the clock's time: who reads them must know where it jumps. */
static void note_clock(void *ctx, const char *what, const char *text)
{
	log_say(LOG_LEVEL_WARNING, "%s", text);
	(void)!collector_note(ctx, what, text);
}

static void on_clock(void *ctx)
{
	struct collector_windows *w = ((struct collector *)ctx)->windows;

	clocks_note(&w->clocks, note_clock, ctx);
	timer_start(w->clock, CLOCK_NS);
}

static void watch_clock(struct collector *c)
{
	struct collector_windows *w = c->windows;

	w->clocks = clocks_read();
	w->clock = timer_new(c->loop, on_clock, c);
	timer_start(w->clock, CLOCK_NS);
}

/* ---- the others ---- */

static void on_others(void *ctx)
{
	struct collector *c = ctx;

	heard_others(c);
	survey_settled(c);
	timer_start(c->windows->others, c->windows->written ? OTHERS_NS : UNTOLD_NS);
}

/* By us or by others. */
static void on_written(void *ctx)
{
	struct collector_windows *w = ((struct collector *)ctx)->windows;

	if (!FindNextChangeNotification(w->written)) {
		loop_unhear(w->writing);
		FindCloseChangeNotification(w->written);
		w->writing = NULL;
		w->written = NULL;
	}
	timer_start(w->others, WRITTEN_NS);
}

static int watch_others(struct collector *c, struct err *e)
{
	struct collector_windows *w = c->windows;
	AUTO_FREE(arena) a = arena_new();
	uint8_t head[DIGEST_BYTES];

	if (ledger_last(c->store, &c->heard, head, e) < 0)
		return e->code;
	c->hears = true;
	w->others = timer_new(c->loop, on_others, c);
	w->written = FindFirstChangeNotificationW(wide_path(a, span_of(c->setup.state_dir)), FALSE,
		FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE);
	if (w->written == INVALID_HANDLE_VALUE)
		w->written = NULL;
	else
		w->writing = loop_hear(c->loop, w->written, on_written, c);
	timer_start(w->others, WRITTEN_NS);
	return 0;
}

static void on_stop(void *ctx)
{
	collector_end(ctx, NULL);
}

static void on_reload(void *ctx)
{
	ResetEvent(ask_reload());
	answer_reload(ctx);
}

/* ---- life ---- */

static int start(struct collector *c, struct err *e)
{
	struct collector_windows *w = c->windows;

	if (loop_new(&c->loop, e) < 0)
		return e->code;
	look_start(c);
	w->stop = loop_hear(c->loop, ask_stop(), on_stop, c);
	if (answer_start(c, e) < 0 || start_state(c, e) < 0)
		return e->code;
	if (answer_routes(c, e) < 0)
		return e->code;
	start_schedule(c);
	watch_clock(c);
	if (watch_others(c, e) < 0)
		return e->code;
	collector_note(c, "agent-start",
		c->setup.foreground ? "invar watch began" : "the agent began");
	if (hearings_new(&w->hearings, hearing_rooms, c->setup.state_dir, e) < 0)
		return e->code;
	w->heard = loop_hear(c->loop, hearings_heard(w->hearings), on_heard, c);
	w->reload = loop_hear(c->loop, ask_reload(), on_reload, c);
	return hear(c, e);
}

static void stop(struct collector *c)
{
	struct collector_windows *w = c->windows;

	survey_stop(c);
	hearings_freep(&w->hearings);
	if (c->schedule)
		stop_state(c);
	answer_stop(c);
	timer_free(c->due);
	timer_free(c->ahead.tick);
	arena_free(c->ahead.arena);
	timer_free(c->schedule);
	timer_free(w->others);
	timer_free(w->clock);
	loop_unhear(w->writing);
	if (w->written)
		FindCloseChangeNotification(w->written);
	held_free(w->held);
	again_free(c);
	look_memory_free(c->options.memory);
	jobs_free(c);
	loop_free(c->loop);
	backlog_free(c->backlog);
	arena_freep(&c->arena);
	policy_free(c->own_policy);
	collector_forget(c);
	free(w);
}

int collector_run(const struct collector_setup *setup, struct err *e)
{
	struct collector *c = mem_new(sizeof *c);
	int rc;

	c->setup = *setup;
	c->windows = mem_new(sizeof *c->windows);
	c->policy = setup->policy;
	c->options.spare = setup->state_dir;
	c->options.memory = look_memory_new();
	c->started = clock_now();
	c->backlog = backlog_new();
	c->arena = arena_new();
	rc = start(c, e);
	if (rc < 0)
		c->err = *e;
	else
		loop_run(c->loop);
	stop(c);
	rc = c->err.code;
	if (rc < 0)
		*e = c->err;
	free(c);
	return rc;
}
