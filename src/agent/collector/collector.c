/* The collector's loop: what comes from the watcher, the link, the parent and the command line. */
#include "agent/collector/collector.h"

#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/collector/state.h"
#include "agent/loop/loop_event.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"

#define HOLD_SECONDS 600
#define LAST_FILLS 256
#define FILLS 64 /* then others have their turn */

void collector_end(struct collector *c, const struct err *why)
{
	if (why && c->err.code == 0)
		c->err = *why;
	c->stopping = true;
	loop_end(c->loop);
}

/* ---- lines ---- */

static void flush(struct line *l)
{
	struct err e;
	int rc = l->open ? channel_flush(&l->channel, &e) : 1;

	if (rc == 0)
		event_add(l->writable, NULL);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	flush(ctx);
}

bool collector_send(struct line *l, struct span frame)
{
	bool took = l->open && channel_put(&l->channel, frame);

	if (took)
		flush(l);
	return took;
}

bool collector_hurry(void *ctx)
{
	const struct collector *c = ctx;
	/* one that is -1 is left out by poll */
	struct pollfd p[] = {
		{ .fd = c->watcher.open ? c->watcher.channel.fd : -1, .events = POLLIN },
		{ .fd = c->setup.control, .events = POLLIN }, /* somebody comes to ask */
	};

	return c->stopping || poll(p, ARRAY_LEN(p), 0) > 0;
}

int collector_line_open(struct collector *c, struct line *l, int fd, size_t frame_max,
	collector_readable_fn *readable, struct err *e)
{
	if (fd < 0)
		return 0;
	l->collector = c;
	channel_init(&l->channel, fd, frame_max);
	l->readable = event_new(c->base, fd, EV_READ | EV_PERSIST, readable, c);
	l->writable = event_new(c->base, fd, EV_WRITE, on_writable, l);
	if (!l->readable || !l->writable || event_add(l->readable, NULL) < 0)
		return err_set(e, ERR_SYSTEM, "cannot listen to a process of the agent");
	l->open = true;
	return 0;
}

void collector_line_close(struct line *l)
{
	if (!l->open)
		return;
	event_free(l->readable);
	event_free(l->writable);
	close(l->channel.fd);
	channel_done(&l->channel);
	*l = (struct line){ 0 };
}

void collector_ask(struct collector *c, enum request_type type, uint32_t pid, struct span text)
{
	AUTO(buf) frame = BUF_INIT(NOTICE_FRAME_MAX);
	struct request r = { type, pid, text };

	if (type == REQUEST_POLICY)
		pulse_policy(c);
	request_encode(&r, &frame);
	(void)collector_send(&c->watcher, buf_span(&frame));
}

/* ---- from the watcher ---- */

void collector_heard(struct collector *c, const struct notice *n)
{
	collector_notice(c, n);
	if (n->type == NOTICE_READY)
		pulse_begin(c);
	else
		pulse_heard(c);
}

/* What has come. 1: something did. */
static int hear_watcher(struct collector *c, struct err *e)
{
	struct notice n;
	struct span frame;
	int rc = channel_fill(&c->watcher.channel, e), came = rc;

	c->hearing = true;
	while (rc >= 0 && (rc = channel_next(&c->watcher.channel, &frame, e)) > 0) {
		arena_clear(c->arena);
		rc = notice_decode(frame, c->arena, &n, e);
		if (rc < 0)
			break;
		if (n.type == NOTICE_HINT)
			hint_complete(&c->hint_before, &n.hint);
		collector_heard(c, &n);
	}
	c->hearing = false;
	return rc < 0 ? rc : came;
}

static void on_watcher(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	struct err e = { 0 };
	int came = 1;

	(void)fd, (void)what;
	/* all that came while we looked: it cannot keep much */
	for (unsigned i = 0; i < FILLS && came > 0 && c->watcher.open; i++)
		came = hear_watcher(c, &e);
	if (came >= 0)
		return;
	collector_line_close(&c->watcher);
	c->watcher_ready = false;
	start_survey(c); /* what waited for its being ready does not wait for the next one */
	answer_watcher_lost(c, &e);
}

static void send_policy(struct collector *c)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	policy_print(c->policy, &text);
	collector_ask(c, REQUEST_POLICY, 0, buf_span(&text));
	c->unready++;
}

void collector_policy(struct collector *c)
{
	send_policy(c);
	survey_later(c, job_new("policy", OBSERVED_SCAN, NULL, 0));
}

/* A new watcher is there: what changed between is lost. */
int collector_watcher(struct collector *c, int fd, int64_t from, struct err *e)
{
	struct loss_note loss = { .means = span_of("watcher"),
		.from = from,
		.to = clock_now(),
		.text = span_of("the process that hears of changes ended; another one was begun") };

	if (c->unheard_since) {
		loss.from = c->unheard_since < from ? c->unheard_since : from;
		loss.text = span_of(
			"the process that hears of changes stood still; another one was begun");
		c->unheard_since = 0;
	}
	collector_line_close(&c->watcher);
	c->watcher_ready = false;
	if (collector_line_open(c, &c->watcher, fd, NOTICE_FRAME_MAX, on_watcher, e) < 0)
		return e->code;
	c->unready = 1;
	send_policy(c);
	losses_deaf(c, &loss);
	return 0;
}

/* ---- the whole ---- */

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;

	(void)what;
	if (fd == SIGHUP && !c->setup.foreground) {
		answer_reload(c);
		return;
	}
	collector_end(c, NULL);
}

static int hear_signals(struct collector *c, struct err *e)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		c->signals[i] = evsignal_new(c->base, signals[i], on_signal, c);
		if (!c->signals[i] || evsignal_add(c->signals[i], NULL) < 0)
			return err_set(e, ERR_SYSTEM, "cannot hear signals");
	}
	return 0;
}

static void release(void *ctx, const struct look_again *l)
{
	look_soon(ctx, l);
}

static void settle(void *ctx, uint32_t number)
{
	collector_ask(ctx, REQUEST_SETTLE, number, SPAN_NONE);
}

static const struct hold_listener manager_work = { .settle = settle, .release = release };

/* No event told of it: chattr, a project id. */
static void moved(void *ctx, struct span path)
{
	struct look_again l = { .kind = &kind_file,
		.key = path,
		.observed = OBSERVED_SCAN,
		.who_unknown = span_of("no event tells of this; it was found by polling") };

	look_soon(ctx, &l);
}

static int start(struct collector *c, struct err *e)
{
	const struct agent_config *g = c->setup.config;

	if (loop_new(&c->loop, e) < 0)
		return e->code;
	c->base = loop_base(c->loop);
	c->hold = hold_new(c->base, g ? g->hold : HOLD_SECONDS, &manager_work, c);
	c->polled = polled_new(c->base, POLLED_SECONDS, moved, c);
	look_start(c);
	if (answer_start(c, e) < 0 || health_start(c, e) < 0 || hear_signals(c, e) < 0 ||
		start_state(c, e) < 0)
		return e->code;
	start_schedule(c);
	if (heard_start(c, e) < 0)
		return e->code;
	collector_note(c, "agent-start",
		c->setup.foreground ? "invar watch began" : "the agent began");
	if (collector_line_open(c, &c->watcher, c->setup.watcher, NOTICE_FRAME_MAX, on_watcher, e) <
		0)
		return e->code;
	c->unready = 1;
	if (c->own_policy)
		send_policy(c);
	return 0;
}

/* What was told before the end is looked at: who did it is known only now. */
static void hear_last(struct collector *c)
{
	struct err e;

	for (unsigned i = 0; i < LAST_FILLS && c->watcher.open; i++)
		if (hear_watcher(c, &e) <= 0)
			return;
}

static void stop(struct collector *c)
{
	survey_stop(c);
	hear_last(c);
	if (c->base)
		stop_state(c);
	answer_stop(c);
	health_stop(c);
	collector_line_close(&c->watcher);
	for (size_t i = 0; i < ARRAY_LEN(c->signals); i++)
		if (c->signals[i])
			event_free(c->signals[i]);
	timer_free(c->due);
	timer_free(c->ahead.tick);
	arena_free(c->ahead.arena);
	timer_free(c->schedule);
	heard_stop(c);
	hold_free(c->hold);
	again_free(c);
	polled_free(c->polled);
	look_memory_free(c->options.memory);
	late_door.stop(c);
	jobs_free(c);
	linked_stop(c);
	pulse_stop(c);
	loop_free(c->loop);
	backlog_free(c->backlog);
	hint_before_done(&c->hint_before);
	arena_freep(&c->arena);
	policy_free(c->own_policy);
	collector_forget(c);
	free(c->routes);
	free(c->roles);
}

int collector_run(const struct collector_setup *setup, struct err *e)
{
	struct collector *c = mem_new(sizeof *c);
	int rc;

	c->setup = *setup;
	c->policy = setup->policy;
	c->options.spare = setup->state_dir;
	c->options.memory = look_memory_new();
	c->started = clock_now();
	c->backlog = backlog_new();
	c->arena = arena_new();
	c->late_door = &late_door;
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
