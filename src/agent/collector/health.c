/* The collector's health: canaries on a random timer, and numbers for Prometheus. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/collector/state.h"
#include "agent/health/canary.h"
#include "agent/health/clocks.h"
#include "agent/health/metrics.h"
#include "agent/log.h"
#include "core/escape.h"
#include "core/json.h"
#include "core/mem.h"
#include "entity/key_typed.h"
#include "os/clock.h"

#define CLIENTS_MAX 16 /* who wait for one round of canaries; more are refused */
#define ANSWER_MAX ((size_t)1 << 20)

struct health {
	struct canaries *canaries;
	struct metrics *metrics;
	uint32_t writer;            /* of the file of metrics; 0: none */
	struct clock_watch *clocks; /* NULL: the kernel does not tell */
	uint64_t clients[CLIENTS_MAX];
	size_t n_clients;
	health_answer_fn *answer;
};

/* ---- canaries ---- */

static bool ask(void *ctx)
{
	struct collector *c = ctx;

	if (!c->watcher_ready)
		return false;
	collector_ask(c, REQUEST_CANARY, 0, span_of(""));
	return true;
}

static void place_text(struct buf *ret, const struct canary_place *p)
{
	buf_add_text(ret, p->kind->name);
	if (p->scope.n) {
		buf_add_text(ret, "s at '");
		key_show(p->kind, p->scope, ret);
		buf_add_char(ret, '\'');
	}
}

/* What was done there and not heard of proves nothing about one act alone: everything since the
 * last canary may have been missed, so all of it is looked at again. */
static void changed(void *ctx, const struct canary_place *p)
{
	struct collector *c = ctx;
	AUTO(buf) text = BUF_INIT(65536);
	struct loss_note loss = { .means = span_of("canary"),
		.kind = p->kind,
		.scope = p->scope,
		.from = p->heard,
		.to = clock_now() };

	place_text(&text, p);
	if (!p->fault) {
		buf_add_text(&text, ": canaries are heard again");
		(void)!collector_note(c, "canary-heard", buf_text(&text));
		return;
	}
	buf_add_text(&text, ": a canary was not heard: ");
	escape_value(&text, p->text);
	(void)!collector_note(c, "canary-missed", buf_text(&text));
	loss.text = buf_span(&text);
	losses_survey(c, &loss);
}

static void done(void *ctx)
{
	struct collector *c = ctx;
	struct health *h = c->health;
	AUTO(buf) text = BUF_INIT(ANSWER_MAX);

	if (!h->n_clients)
		return;
	health_canaries(c, &text);
	for (size_t i = 0; i < h->n_clients; i++)
		h->answer(c->control, h->clients[i], 0, buf_span(&text));
	h->n_clients = 0;
}

void health_canary_asked(struct collector *c, uint64_t client, health_answer_fn *answer)
{
	struct health *h = c->health;

	h->answer = answer;
	if (!c->watcher_ready) {
		answer(c->control, client, ERR_MISSING, span_of("the watcher is not ready yet"));
		return;
	}
	if (h->n_clients == CLIENTS_MAX) {
		answer(c->control, client, ERR_LIMIT, span_of("too many ask at once"));
		return;
	}
	h->clients[h->n_clients++] = client;
	canaries_now(h->canaries);
}

void health_canaries(struct collector *c, struct buf *ret)
{
	struct json j = JSON_INIT(ret);

	canaries_json(c->health->canaries, &j);
}

void health_canary(struct collector *c, const struct canary *x)
{
	canaries_answer(c->health->canaries, x);
	metrics_canary(c->health->metrics, x);
}

void health_means(struct collector *c, const struct means *x)
{
	canaries_means(c->health->canaries, x);
}

/* What it writes is no change. */
static void own_writer(struct collector *c)
{
	if (c->health->writer && c->watcher_ready)
		collector_ask(c, REQUEST_OWN, c->health->writer, SPAN_NONE);
}

static void on_writer(void *ctx, uint32_t pid)
{
	struct collector *c = ctx;

	c->health->writer = pid;
	own_writer(c);
}

void health_watcher(struct collector *c)
{
	own_writer(c);
	canaries_restart(c->health->canaries);
}

/* ---- numbers ---- */

/* Its size alone: store_sizes would read all of it. */
static void gather_size(struct collector *c, struct metrics *m)
{
	AUTO(buf) path = BUF_INIT(8192);
	struct stat st;

	buf_addf(&path, "%s/" STORE_FILE, store_dir(c->store));
	if (stat(buf_text(&path), &st) == 0)
		metrics_gauge(m, METRICS_STORE_BYTES, (uint64_t)st.st_size);
}

static void gather(void *ctx, struct metrics *m)
{
	struct collector *c = ctx;
	uint8_t head[DIGEST_BYTES];
	struct tree_root root;
	uint64_t seq;
	struct err e;

	metrics_gauge(m, METRICS_QUEUE_HINTS, backlog_count(c->backlog));
	metrics_gauge(m, METRICS_QUEUE_WRITES,
		c->link.open ? channel_waiting(&c->link.channel) : 0);
	metrics_gauge(m, METRICS_CANARY_FAULTS, canaries_faults(c->health->canaries));
	if (ledger_last(c->store, &seq, head, &e) == 0)
		metrics_gauge(m, METRICS_LEDGER_SEQ, seq);
	if (store_root_get(c->store, ROOT_CURRENT, &root, &e) == 0)
		metrics_gauge(m, METRICS_ENTITIES, root.count);
	gather_size(c, m);
	metrics_memory(m, "collector", (uint32_t)getpid());
	if (c->roles)
		metrics_roles(m, span_of(c->roles));
	if (c->routes)
		metrics_routes(m, span_of(c->routes));
	if (c->watcher_ready)
		collector_ask(c, REQUEST_COUNTS, 0, span_of(""));
}

static void failed(void *ctx, const struct err *why)
{
	(void)!collector_note(ctx, "metrics-failed", why->text);
}

void health_record(struct collector *c, const struct ledger_record *r)
{
	if (c->health)
		metrics_record(c->health->metrics, r);
}

const char *health_trouble(const struct collector *c)
{
	return c->health ? metrics_trouble(c->health->metrics) : NULL;
}

void health_counts(struct collector *c)
{
	metrics_counts(c->health->metrics, c->counts, c->n_counts);
}

void health_scanned(struct collector *c, const struct job *j)
{
	struct metrics_scan scan = { j->plan.name, j->from, j->to, j->entities, j->bytes, j->gaps };

	metrics_scanned(c->health->metrics, &scan);
}

/* ---- the clock ---- */

/* Records bear the clock's time: who reads them must know where it jumps. */
static void note_clock(void *ctx, const char *what, const char *text)
{
	log_say(LOG_LEVEL_WARNING, "%s", text);
	(void)!collector_note(ctx, what, text);
}

/* ---- life ---- */

int health_start(struct collector *c, struct err *e)
{
	const struct agent_config *g = c->setup.config;
	struct canary_hooks canary_hooks = { c, ask, changed, done };
	struct metrics_hooks metrics_hooks = { c, METRICS_PATIENCE_MS, gather, failed, on_writer };
	bool timed = g && !c->setup.foreground;
	struct err why;

	c->health = mem_new(sizeof *c->health);
	if (clock_watch_new(&c->health->clocks, c->base, note_clock, c, &why) < 0)
		log_say(LOG_LEVEL_WARNING, "%s", why.text);
	if (canaries_new(&c->health->canaries, c->base, timed ? g->canary : 0, &canary_hooks, e) <
		0)
		return e->code;
	return metrics_new(&c->health->metrics, c->base, timed ? g->metrics : NULL, &metrics_hooks,
		e);
}

void health_stop(struct collector *c)
{
	if (!c->health)
		return;
	clock_watch_free(c->health->clocks);
	canaries_free(c->health->canaries);
	metrics_free(c->health->metrics);
	free(c->health);
	c->health = NULL;
}
