/* The collector towards the parent, the link and the command line. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/collector/state.h"
#include "agent/control/control_socket.h"
#include "agent/control/told.h"
#include "agent/link/serve.h"
#include "agent/log.h"
#include "core/json.h"
#include "core/mem.h"
#include "os/clock.h"
#include "os/machine.h"

#define SECOND INT64_C(1000000000)
#define STATUS_MAX ((size_t)4 << 20)
#define STATUS_WAITS 16 /* clients who wait for the watcher's counts */
#define COUNTS_MS 300   /* how long */

struct answers {
	struct event *head;   /* the link is to be told how far the ledger goes */
	struct event *counts; /* the watcher did not say its counts in time */
	uint64_t waits[STATUS_WAITS];
	size_t n_waits;
	int64_t alive; /* monotonic: when the parent was told last */
	bool said_ready;
	struct buf host;
};

/* ---- the parent ---- */

static bool tell(struct line *l, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	agent_encode(m, &frame);
	return collector_send(l, buf_span(&frame));
}

static void say_alive(struct collector *c)
{
	c->answers->alive = clock_monotonic();
	(void)tell(&c->parent, &(struct agent_message){ .type = AGENT_ALIVE });
}

void answer_progress(struct collector *c, uint64_t entities)
{
	char text[96];

	if (!c->answers || !c->parent.open || clock_monotonic() - c->answers->alive < SECOND)
		return;
	say_alive(c);
	if (c->answers->said_ready)
		return;
	snprintf(text, sizeof text, "looking at what there is: %llu entities so far",
		(unsigned long long)entities);
	(void)tell(&c->parent,
		&(struct agent_message){ .type = AGENT_STATUS_LINE, .text = span_of(text) });
}

/* How it stands, for systemctl status; seldom, since somebody has to read it. */
static void say_status(struct collector *c)
{
	char text[192];

	snprintf(text, sizeof text, "%s%s; %llu changes, %llu losses, %llu repaired",
		c->trouble[0] ? "what changed cannot be recorded now; " : "",
		c->watcher_ready ? "watching"
				 : "without a watcher: changes are found by scans only",
		(unsigned long long)(c->changes[CHANGE_CREATED] + c->changes[CHANGE_UPDATED] +
				     c->changes[CHANGE_DELETED] + c->changes[CHANGE_RENAMED]),
		(unsigned long long)c->losses, (unsigned long long)c->repairs);
	(void)tell(&c->parent,
		&(struct agent_message){ .type = AGENT_STATUS_LINE, .text = span_of(text) });
}

void answer_trouble(struct collector *c)
{
	if (c->parent.open)
		say_status(c);
}

static void say_ready(struct collector *c)
{
	c->answers->said_ready = true;
	say_status(c);
	(void)tell(&c->parent, &(struct agent_message){ .type = AGENT_READY });
}

void answer_ready(struct collector *c)
{
	say_ready(c);
}

/* Who began us begins another one, and says so; without a parent there is none to come. That there
 * is none must not keep the service from being up: scans go on. */
void answer_watcher_lost(struct collector *c, const struct err *why)
{
	struct err e = { 0 };
	int fd;

	if (c->setup.parent >= 0) {
		say_ready(c);
		return;
	}
	if (!c->setup.watcher_again) {
		collector_end(c, why);
		return;
	}
	fd = c->setup.watcher_again(c->setup.again_ctx, &e);
	if (fd < 0 || collector_watcher(c, fd, clock_now(), &e) < 0)
		collector_end(c, &e);
}

void answer_watcher_stuck(struct collector *c)
{
	struct err e;

	(void)err_set(&e, ERR_SYSTEM, "the process that hears of changes does not answer");
	(void)tell(&c->parent, &(struct agent_message){ .type = AGENT_WATCHER_STUCK });
	collector_line_close(&c->watcher); /* should it go on, it finds nobody to tell, and ends */
	c->watcher_ready = false;
	answer_watcher_lost(c, &e);
}

void answer_reload(struct collector *c)
{
	struct err e = { 0 };

	if (start_reload(c, NULL, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "the old policy stays: %s", e.text);
	else
		log_say(LOG_LEVEL_INFO, "the policy was loaded again");
	if (c->parent.open)
		say_ready(c);
}

/* ---- the link ---- */

static void on_head(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	struct err e;

	(void)fd, (void)what;
	if (serve_head(c->store, buf_span(&c->answers->host), &frame, &e) == 0)
		(void)collector_send(&c->link, buf_span(&frame));
}

static int link_asks(struct collector *c, const struct agent_message *m, struct err *e)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	if (m->type == AGENT_ROUTE_STATE) {
		free(c->routes);
		c->routes = told_array(m->text);
		return 0;
	}
	/* It asks for nothing else before it has its answer: one that gets none is begun again. */
	if (serve_records(c->store, m->seq, m->n, &frame, e) < 0)
		return err_prefix(e, "no records can be had: ");
	if (!collector_send(&c->link, buf_span(&frame)))
		return err_set(e, ERR_LIMIT, "it does not read what it asked for");
	return 0;
}

static void on_link(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	AUTO_FREE(arena) a = arena_new();
	struct agent_message m;
	struct span frame;
	struct err e = { 0 };
	int rc = channel_fill(&c->link.channel, &e);

	(void)fd, (void)what;
	while (rc >= 0 && (rc = channel_next(&c->link.channel, &frame, &e)) > 0) {
		rc = agent_decode(frame, PARTY_LINK, PARTY_COLLECTOR, a, &m, &e);
		if (rc == 0)
			rc = link_asks(c, &m, &e);
	}
	if (rc >= 0)
		return;
	/* The parent sees it end, too, and begins another. */
	if (rc != ERR_CLOSED)
		log_say(LOG_LEVEL_ERROR, "the link is sent away: %s", e.text);
	collector_line_close(&c->link);
}

static void link_new(struct collector *c, int fd)
{
	struct timeval now = { 0, 0 };
	struct err e = { 0 };

	collector_line_close(&c->link);
	if (collector_line_open(c, &c->link, fd, AGENT_FRAME_MAX, on_link, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
	else
		evtimer_add(c->answers->head, &now);
}

/* ---- what the parent says ---- */

static void watcher_new(struct collector *c, const struct agent_message *m, int fd)
{
	struct err e = { 0 };

	if (collector_watcher(c, fd, m->from, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
}

/* fd: what came with it, ours to close; -1: nothing did. */
static void parent_says(struct collector *c, const struct agent_message *m, int fd)
{
	bool kept = false;

	switch (m->type) {
	case AGENT_RELOAD:
		answer_reload(c);
		break;
	case AGENT_STOP:
		collector_end(c, NULL);
		break;
	case AGENT_PING:
		say_alive(c);
		break;
	case AGENT_ROLES:
		free(c->roles);
		c->roles = told_array(m->text);
		break;
	case AGENT_WATCHER_LOST:
		kept = fd >= 0;
		if (kept)
			watcher_new(c, m, fd);
		break;
	case AGENT_LINK_NEW:
		kept = fd >= 0;
		if (kept)
			link_new(c, fd);
		break;
	default:
		break; /* the table lets nothing else through */
	}
	if (fd >= 0 && !kept)
		close(fd);
}

static void on_parent(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	AUTO_FREE(arena) a = arena_new();
	struct agent_message m;
	struct span frame;
	struct err e = { 0 };
	int rc = channel_fill(&c->parent.channel, &e);

	(void)fd, (void)what;
	while (rc >= 0 && (rc = channel_next(&c->parent.channel, &frame, &e)) > 0) {
		rc = agent_decode(frame, PARTY_PARENT, PARTY_COLLECTOR, a, &m, &e);
		if (rc == 0)
			parent_says(c, &m,
				agent_request_has_fd(m.type) ? channel_take_fd(&c->parent.channel)
							     : -1);
	}
	if (rc < 0)
		collector_end(c, &e); /* without it nobody sees to us any more */
}

/* ---- the command line ---- */

static void send_status(struct collector *c)
{
	AUTO(buf) text = BUF_INIT(STATUS_MAX);
	struct answers *a = c->answers;

	evtimer_del(a->counts);
	if (!a->n_waits)
		return;
	status_json(c, &text);
	for (size_t i = 0; i < a->n_waits; i++)
		control_answer(c->control, a->waits[i], 0, buf_span(&text));
	a->n_waits = 0;
}

static void on_counts_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	send_status(ctx);
}

void answer_counts(struct collector *c)
{
	send_status(c);
}

static void status_asked(struct collector *c, uint64_t client)
{
	struct timeval late = { 0, COUNTS_MS * 1000 };
	struct answers *a = c->answers;

	if (a->n_waits == STATUS_WAITS)
		send_status(c);
	a->waits[a->n_waits++] = client;
	if (!c->watcher_ready) {
		send_status(c);
		return;
	}
	collector_ask(c, REQUEST_COUNTS, 0, SPAN_NONE);
	evtimer_add(a->counts, &late);
}

static void asked(void *ctx, uint64_t client, const struct agent_message *m, struct span by)
{
	struct collector *c = ctx;

	(void)by;
	switch (m->type) {
	case AGENT_STATUS:
		status_asked(c, client);
		break;
	case AGENT_POLICY_APPLY:
		asked_policy(c, client);
		break;
	case AGENT_SCAN:
		asked_scan(c, client, m);
		break;
	case AGENT_CANARY:
		health_canary_asked(c, client, control_answer);
		break;
	default:
		control_answer(c->control, client, ERR_DENIED, span_of("not to be asked"));
	}
}

void answer_record(struct collector *c, const struct ledger_record *r)
{
	struct timeval now = { 0, 0 };

	if (c->answers && c->link.open)
		evtimer_add(c->answers->head, &now);
	asked_follow(c, r);
}

void answer_canary(struct collector *c, const struct canary *x)
{
	(void)c, (void)x; /* health.c answers when all have */
}

/* ---- life ---- */

int answer_start(struct collector *c, struct err *e)
{
	struct control_handlers handlers = { c, asked };
	struct answers *a = mem_new(sizeof *a);

	c->answers = a;
	a->host = BUF_INIT(4096);
	a->head = evtimer_new(c->base, on_head, c);
	a->counts = evtimer_new(c->base, on_counts_late, c);
	if (!a->head || !a->counts)
		return err_set(e, ERR_SYSTEM, "cannot make a timer");
	if (machine_name(&a->host, e) < 0 ||
		control_socket_new(&c->control, c->loop, c->setup.control, &handlers, e) < 0 ||
		collector_line_open(c, &c->parent, c->setup.parent, AGENT_FRAME_MAX, on_parent, e) <
			0)
		return e->code;
	c->parent.channel.takes_fds = true;
	if (c->setup.link >= 0)
		link_new(c, c->setup.link);
	return 0;
}

void answer_stop(struct collector *c)
{
	if (!c->answers)
		return;
	control_freep(&c->control);
	collector_line_close(&c->link);
	collector_line_close(&c->parent);
	if (c->answers->head)
		event_free(c->answers->head);
	if (c->answers->counts)
		event_free(c->answers->counts);
	buf_done(&c->answers->host);
	free(c->answers);
	c->answers = NULL;
}
