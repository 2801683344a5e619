#include "agent/link.h"

#include <event2/dns.h>
#include <signal.h>
#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"

#define REPORT_EVERY LANE_SECOND

void link_turn(struct link *k)
{
	event_active(k->turn, 0, 0);
}

void link_dirty(struct link *k)
{
	int64_t left = k->reported + REPORT_EVERY - clock_monotonic();
	struct timeval tv = { 0, 1000 };

	if (k->dirty || !k->report)
		return;
	k->dirty = true;
	if (k->reported && left > 0)
		tv = (struct timeval){ left / LANE_SECOND, left % LANE_SECOND / 1000 };
	event_add(k->report, &tv);
}

struct evdns_base *link_dns(struct link *k)
{
	if (k->dns)
		return k->dns;
	k->dns = evdns_base_new(k->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (k->dns)
		(void)evdns_base_resolv_conf_parse(k->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	return k->dns;
}

static void stop(struct link *k, int rc)
{
	k->rc = rc;
	event_base_loopbreak(k->base);
}

static void flush(struct link *k)
{
	int rc = channel_flush(&k->channel, k->e);

	if (rc == ERR_CLOSED)
		stop(k, 0);
	else if (rc < 0)
		stop(k, rc);
	else if (rc == 0)
		event_add(k->writable, NULL);
}

static bool put(struct link *k, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	bool fine;

	agent_encode(m, &frame);
	fine = !frame.full && channel_put(&k->channel, buf_span(&frame));
	flush(k);
	return fine;
}

static void on_report(evutil_socket_t fd, short what, void *ctx)
{
	struct link *k = ctx;
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct agent_message m = { .type = AGENT_ROUTE_STATE };

	(void)fd;
	(void)what;
	buf_add_char(&text, '[');
	for (size_t i = 0; i < k->n; i++) {
		if (i)
			buf_add_char(&text, ',');
		lane_state(&k->lanes[i], &text);
	}
	buf_add_char(&text, ']');
	m.text = buf_span(&text);
	k->dirty = false;
	k->reported = clock_monotonic();
	(void)put(k, &m);
}

/* Ask for what the lane that is furthest behind needs next: one answer at a time. */
static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct link *k = ctx;
	struct agent_message m = { .type = AGENT_RECORDS_WANTED, .n = BATCH_RECORDS };
	bool any = false;

	(void)fd;
	(void)what;
	if (k->asked)
		return;
	for (size_t i = 0; i < k->n; i++) {
		uint64_t from;

		if (!lane_wants(&k->lanes[i], &from))
			continue;
		if (!any || from < m.seq)
			m.seq = from;
		any = true;
	}
	if (!any)
		return;
	k->asked = put(k, &m);
	k->asked_from = m.seq;
}

static void take_records(struct link *k, const struct agent_message *m)
{
	uint64_t from, last;

	k->asked = false;
	if (m->n_records == 0) { /* nothing there after all: until we hear of more */
		if (k->head >= k->asked_from)
			k->head = k->asked_from - 1;
		return;
	}
	last = m->records[m->n_records - 1].seq;
	for (size_t i = 0; i < k->n; i++) {
		struct lane *l = &k->lanes[i];

		if (lane_wants(l, &from) && from >= k->asked_from && from <= last)
			lane_feed(l, m->records, m->n_records);
	}
	link_turn(k);
}

static void take_head(struct link *k, const struct agent_message *m)
{
	k->head = m->seq;
	k->head_known = true;
	buf_clear(&k->host);
	buf_add_span(&k->host, m->text);
	for (size_t i = 0; i < k->n; i++)
		lane_head(&k->lanes[i]);
	link_dirty(k);
	link_turn(k);
}

static int take(struct link *k, struct span frame)
{
	AUTO_FREE(arena) arena = arena_new();
	struct agent_message m;

	if (agent_decode(frame, PARTY_COLLECTOR, PARTY_LINK, arena, &m, k->e) < 0)
		return k->e->code;
	if (m.type == AGENT_HEAD)
		take_head(k, &m);
	else if (m.type == AGENT_RECORDS)
		take_records(k, &m);
	return 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct link *k = ctx;
	struct span frame;
	int rc = channel_fill(&k->channel, k->e);

	(void)fd;
	(void)what;
	if (rc == ERR_CLOSED) {
		stop(k, 0);
		return;
	}
	while (rc >= 0 && (rc = channel_next(&k->channel, &frame, k->e)) > 0)
		if (take(k, frame) < 0)
			rc = k->e->code;
	if (rc < 0)
		stop(k, rc);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush(ctx);
}

static int make_events(struct link *k, struct err *e)
{
	int fd = k->setup->fd;

	k->base = event_base_new();
	if (!k->base)
		return err_set(e, ERR_SYSTEM, "cannot make an event loop");
	k->readable = event_new(k->base, fd, EV_READ | EV_PERSIST, on_readable, k);
	k->writable = event_new(k->base, fd, EV_WRITE, on_writable, k);
	k->turn = event_new(k->base, -1, 0, on_turn, k);
	k->report = evtimer_new(k->base, on_report, k);
	if (!k->readable || !k->writable || !k->turn || !k->report ||
		event_add(k->readable, NULL) < 0)
		return err_set(e, ERR_SYSTEM, "cannot watch the channel");
	return 0;
}

static void free_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

static void done(struct link *k)
{
	for (size_t i = 0; i < k->n; i++)
		lane_done(&k->lanes[i]);
	free(k->lanes);
	if (k->dns)
		evdns_base_free(k->dns, 0);
	free_event(k->readable);
	free_event(k->writable);
	free_event(k->turn);
	free_event(k->report);
	if (k->base)
		event_base_free(k->base);
	channel_done(&k->channel);
	buf_done(&k->host);
}

int link_run(const struct link_setup *setup, struct err *e)
{
	struct link k = { .setup = setup, .host = BUF_INIT(4096), .e = e };
	const struct route *const *routes = setup->config->routes;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	size_t n = 0;

	sigaction(SIGPIPE, &ignore, NULL);
	channel_init(&k.channel, setup->fd, AGENT_FRAME_MAX);
	k.rc = make_events(&k, e);
	while (routes && routes[n])
		n++;
	if (k.rc == 0) {
		k.lanes = mem_array(n ? n : 1, sizeof *k.lanes);
		for (k.n = 0; k.n < n; k.n++)
			lane_init(&k.lanes[k.n], &k, routes[k.n]);
		link_dirty(&k);
		if (event_base_dispatch(k.base) < 0)
			k.rc = err_set(e, ERR_SYSTEM, "the event loop failed");
	}
	k.report = (free_event(k.report), NULL);
	done(&k);
	return k.rc;
}
