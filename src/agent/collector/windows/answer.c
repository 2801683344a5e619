/* The collector towards the service manager and the command line. */
#include <stdlib.h>

#include "agent/collector/windows/collector_windows.h"
#include "agent/control/told.h"
#include "agent/control/windows/control_pipe.h"
#include "agent/link/windows/routes.h"
#include "agent/log.h"
#include "agent/service/windows/agent_windows.h"

#define STATUS_MAX ((size_t)4 << 20)

void answer_progress(struct collector *c, uint64_t entities)
{
	(void)c, (void)entities;
	service_starting();
}

void answer_ready(struct collector *c)
{
	(void)c;
	service_running();
}

/* Status says it as long as it lasts, the log when it begins and ends. */
void answer_trouble(struct collector *c)
{
	(void)c;
}

void answer_counts(struct collector *c)
{
	(void)c;
}

void answer_canary(struct collector *c, const struct canary *x)
{
	(void)c, (void)x;
}

void answer_reload(struct collector *c)
{
	struct err e = { 0 };

	if (settings_reload(c, NULL, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "the old settings stay: %s", e.text);
	if (start_reload(c, NULL, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "the old policy stays: %s", e.text);
	else
		log_say(LOG_LEVEL_INFO, "the policy was loaded again");
}

void answer_record(struct collector *c, const struct ledger_record *r)
{
	if (r->type == RECORD_GAP)
		held_gap(c, &r->gap);
	asked_follow(c, r);
	routes_wrote(c->windows->routes);
}

static void take_counts(struct collector *c)
{
	struct hearings_counts n = hearings_counts(c->windows->hearings);
	struct count counts[] = {
		{ span_of("hints"), n.hints },
		{ span_of("hints_joined"), n.joined },
		{ span_of("hints_dropped"), n.dropped },
	};

	collector_counts(c, counts, ARRAY_LEN(counts));
}

static void status_asked(struct collector *c, uint64_t client)
{
	AUTO(buf) text = BUF_INIT(STATUS_MAX);

	take_counts(c);
	status_json(c, &text);
	control_answer(c->control, client, 0, buf_span(&text));
}

/* Nothing of it is put in force when something is wrong. */
static void policy_asked(struct collector *c, uint64_t client)
{
	AUTO(buf) text = BUF_INIT(STATUS_MAX);
	struct err e = { 0 };
	int rc = settings_reload(c, &text, &e);

	if (rc == 0) {
		asked_policy(c, client);
		return;
	}
	if (!text.n)
		buf_add_text(&text, e.text);
	control_answer(c->control, client, rc, buf_span(&text));
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
		policy_asked(c, client);
		break;
	case AGENT_SCAN:
		asked_scan(c, client, m);
		break;
	default:
		control_answer(c->control, client, ERR_DENIED, span_of("not to be asked"));
	}
}

static void on_routed(void *ctx)
{
	struct collector *c = ctx;
	AUTO(buf) text = BUF_INIT(STATUS_MAX);

	ResetEvent(routes_said(c->windows->routes));
	routes_state(c->windows->routes, &text);
	free(c->routes);
	c->routes = told_array(buf_span(&text));
}

int answer_routes(struct collector *c, struct err *e)
{
	struct collector_windows *w = c->windows;

	if (c->setup.foreground)
		return 0;
	if (routes_new(&w->routes, c->setup.config, c->setup.state_dir, e) < 0)
		return e->code;
	if (w->routes)
		w->routed = loop_hear(c->loop, routes_said(w->routes), on_routed, c);
	return 0;
}

/* `invar watch` has none: nobody follows it but the terminal. */
int answer_start(struct collector *c, struct err *e)
{
	struct control_handlers handlers = { c, asked };

	if (!c->setup.control_pipe)
		return 0;
	return control_pipe_new(&c->control, c->loop, c->setup.control_pipe, &handlers, e);
}

bool answer_routes_end(struct collector *c)
{
	struct collector_windows *w = c->windows;
	bool ended;

	loop_unhear(w->routed);
	w->routed = NULL;
	ended = routes_freep(&w->routes);
	free(c->routes);
	c->routes = NULL;
	return ended;
}

void answer_stop(struct collector *c)
{
	if (answer_routes_end(c))
		settings_done(c);
	control_freep(&c->control);
}
