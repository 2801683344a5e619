/* The collector's loop: what comes from the watcher, the link, the parent and the command line. */
#include "agent/collector.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/collector_state.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"

#define HOLD_SECONDS 600

void collector_end(struct collector *c, const struct err *why)
{
	if (why && c->err.code == 0)
		c->err = *why;
	c->stopping = true;
	event_base_loopbreak(c->base);
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

int collector_line_open(struct collector *c, struct line *l, int fd, size_t frame_max,
	event_callback_fn readable, struct err *e)
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

	request_encode(&r, &frame);
	(void)collector_send(&c->watcher, buf_span(&frame));
}

/* ---- records ---- */

int collector_note(struct collector *c, const char *what, const char *text)
{
	struct check_listener l = collector_listener(c);
	struct ledger_record r = { .type = RECORD_NOTE };
	struct err e;

	r.note.what = span_of(what);
	r.note.text = span_of(text);
	return pipeline_record(c->store, &r, 1, &l, NULL, &e);
}

static int hear_record(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct collector *c = ctx;
	const struct check_listener *l = c->setup.listener;

	/* What cannot be recorded (a full disk) is told the first time, not at each new try. */
	if (!r->chained && c->failures)
		return 0;
	heard_record(c, r);
	health_record(c, r);
	answer_record(c, r);
	linked_record(c, r);
	return l && l->record ? l->record(l->ctx, r, e) : 0;
}

int collector_tell(struct collector *c, const struct ledger_record *r, struct err *e)
{
	return hear_record(c, r, e);
}

static void hear_progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	(void)bytes, (void)expected;
	answer_progress(ctx, entities);
}

static bool hear_stop(void *ctx)
{
	struct collector *c = ctx;
	const struct check_listener *l = c->setup.listener;

	return c->stopping || (l && l->stop && l->stop(l->ctx));
}

struct check_listener collector_listener(struct collector *c)
{
	struct check_listener l = { .ctx = c,
		.record = hear_record,
		.progress = hear_progress,
		.stop = hear_stop };

	l.by = c->setup.listener ? c->setup.listener->by : span_of("invar agent");
	return l;
}

/* ---- from the watcher ---- */

static void take_hint(struct collector *c, const struct notice *n)
{
	const struct hint *h = &n->hint;
	struct look_again l = { .kind = h->kind,
		.key = h->key,
		.below = h->below,
		.observed = OBSERVED_REALTIME,
		.who = h->who,
		.who_unknown = h->why,
		.happened = h->time };

	c->hints[h->kind->id]++;
	look_hint(c, &l);
}

static void take_loss(struct collector *c, const struct notice *n)
{
	const struct loss *x = &n->loss;
	struct loss_note loss = { .means = x->means,
		.kind = x->kind,
		.scope = x->scope,
		.from = x->from,
		.to = x->to,
		.count = x->count,
		.text = x->text };

	survey_lost(c, &loss);
}

static void means_free(struct means_row *m)
{
	free(m->scope);
	free(m->name);
	free(m->text);
}

static void means_set(struct means_row *m, const struct means *x)
{
	means_free(m);
	*m = (struct means_row){ x->kind, mem_copy(x->scope.p, x->scope.n),
		mem_copy(x->name.p, x->name.n), mem_copy(x->text.p, x->text.n), x->in_force };
}

static void take_means(struct collector *c, const struct notice *n)
{
	const struct means *x = &n->means;
	struct means_row *m = c->means;
	struct means_row *end = m + c->n_means;

	health_means(c, x);
	while (m < end &&
		!(m->kind == x->kind && span_is(x->scope, m->scope) && span_is(x->name, m->name)))
		m++;
	if (x->gone) { /* nothing is there to be watched any more */
		if (m < end) {
			means_free(m);
			*m = c->means[--c->n_means];
		}
		return;
	}
	if (m == c->means + MEANS_MAX)
		return;
	if (m == end)
		*m = c->means[c->n_means++] = (struct means_row){ 0 };
	means_set(m, x);
}

static void take_ready(struct collector *c, const struct notice *n)
{
	(void)n;
	c->watcher_ready = true;
	start_survey(c);
	health_watcher(c);
	answer_ready(c);
}

static void take_counts(struct collector *c, const struct notice *n)
{
	for (size_t i = 0; i < c->n_counts; i++)
		free((char *)(uintptr_t)c->counts[i].name.p);
	c->n_counts = 0;
	for (size_t i = 0; i < n->n_counts && i < COUNTS_MAX; i++) {
		struct span name = n->counts[i].name;

		c->counts[c->n_counts++] =
			(struct count){ { mem_copy(name.p, name.n), name.n }, n->counts[i].value };
	}
	health_counts(c);
	answer_counts(c);
}

static void take_canary(struct collector *c, const struct notice *n)
{
	health_canary(c, &n->canary);
	answer_canary(c, &n->canary);
}

static void take_other_name(struct collector *c, const struct notice *n)
{
	linked_heard(c, &n->other_name);
}

static void on_watcher(evutil_socket_t fd, short what, void *ctx)
{
	static void (*const takes[NOTICE_TYPE_N])(struct collector * c, const struct notice *n) = {
		[NOTICE_HINT] = take_hint,
		[NOTICE_LOSS] = take_loss,
		[NOTICE_MEANS] = take_means,
		[NOTICE_READY] = take_ready,
		[NOTICE_CANARY] = take_canary,
		[NOTICE_COUNTS] = take_counts,
		[NOTICE_OTHER_NAME] = take_other_name,
	};
	struct collector *c = ctx;
	struct notice n;
	struct span frame;
	struct err e = { 0 };
	int rc = channel_fill(&c->watcher.channel, &e);

	(void)fd, (void)what;
	while (rc >= 0 && (rc = channel_next(&c->watcher.channel, &frame, &e)) > 0) {
		arena_clear(c->arena);
		rc = notice_decode(frame, c->arena, &n, &e);
		if (rc == 0)
			takes[n.type](c, &n);
	}
	if (rc >= 0)
		return;
	collector_line_close(&c->watcher);
	c->watcher_ready = false;
	answer_watcher_lost(c, &e);
}

static void send_policy(struct collector *c)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	policy_print(c->policy, &text);
	collector_ask(c, REQUEST_POLICY, 0, buf_span(&text));
}

/* A new watcher is there: what changed between is lost. */
int collector_watcher(struct collector *c, int fd, int64_t from, struct err *e)
{
	struct loss_note loss = { .means = span_of("watcher"),
		.from = from,
		.to = clock_now(),
		.text = span_of("the process that hears of changes ended; another one was begun") };

	collector_line_close(&c->watcher);
	if (collector_line_open(c, &c->watcher, fd, NOTICE_FRAME_MAX, on_watcher, e) < 0)
		return e->code;
	send_policy(c);
	survey_lost(c, &loss);
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

	c->base = event_base_new();
	if (!c->base)
		return err_set(e, ERR_SYSTEM, "cannot make an event loop");
	c->hold = hold_new(c->base, g ? g->hold : HOLD_SECONDS, release, c);
	c->polled = polled_new(c->base, POLLED_SECONDS, moved, c);
	if (answer_start(c, e) < 0 || health_start(c, e) < 0 || look_start(c, e) < 0 ||
		hear_signals(c, e) < 0 || start_state(c, e) < 0 || start_schedule(c, e) < 0 ||
		heard_start(c, e) < 0)
		return e->code;
	collector_note(c, "agent-start",
		c->setup.foreground ? "invar watch began" : "the agent began");
	if (collector_line_open(c, &c->watcher, c->setup.watcher, NOTICE_FRAME_MAX, on_watcher, e) <
		0)
		return e->code;
	if (c->own_policy)
		send_policy(c);
	return 0;
}

static void stop(struct collector *c)
{
	survey_stop(c);
	if (c->base)
		stop_state(c);
	answer_stop(c);
	health_stop(c);
	collector_line_close(&c->watcher);
	for (size_t i = 0; i < ARRAY_LEN(c->signals); i++)
		if (c->signals[i])
			event_free(c->signals[i]);
	if (c->due)
		event_free(c->due);
	if (c->schedule)
		event_free(c->schedule);
	heard_stop(c);
	hold_free(c->hold);
	again_free(c);
	polled_free(c->polled);
	look_memory_free(c->options.memory);
	jobs_free(c);
	linked_stop(c);
	if (c->base)
		event_base_free(c->base);
	backlog_free(c->backlog);
	arena_freep(&c->arena);
	policy_free(c->own_policy);
	for (size_t i = 0; i < c->n_means; i++)
		means_free(&c->means[i]);
	for (size_t i = 0; i < c->n_counts; i++)
		free((char *)(uintptr_t)c->counts[i].name.p);
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
	rc = start(c, e);
	if (rc < 0)
		c->err = *e;
	else
		event_base_dispatch(c->base);
	stop(c);
	rc = c->err.code;
	if (rc < 0)
		*e = c->err;
	free(c);
	return rc;
}
