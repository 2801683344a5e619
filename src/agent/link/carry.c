/* The process of one route: records come through a channel from the collector, by way of the hub.
 */
#include <event2/dns.h>
#include <signal.h>

#include "agent/link/hub.h"
#include "agent/link/link.h"
#include "agent/loop/loop_event.h"
#include "os/channel.h"

struct link_own {
	struct channel channel;
	struct event *readable, *writable;
	struct evdns_base *dns; /* made when somebody needs it */
	bool asked;             /* an answer is on its way, from this number on */
	uint64_t asked_from;
	int rc;
	struct err *e;
};

struct evdns_base *link_dns(struct link *k)
{
	struct link_own *own = k->own;

	if (own->dns)
		return own->dns;
	own->dns = evdns_base_new(loop_base(k->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (own->dns)
		(void)evdns_base_resolv_conf_parse(own->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	return own->dns;
}

static void stop(struct link *k, int rc)
{
	k->own->rc = rc;
	loop_end(k->loop);
}

static void flush(struct link *k)
{
	int rc = channel_flush(&k->own->channel, k->own->e);

	if (rc == ERR_CLOSED)
		stop(k, 0);
	else if (rc < 0)
		stop(k, rc);
	else if (rc == 0)
		event_add(k->own->writable, NULL);
}

static bool put(struct link *k, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	bool fine;

	agent_encode(m, &frame);
	fine = !frame.full && channel_put(&k->own->channel, buf_span(&frame));
	flush(k);
	return fine;
}

static void on_report(void *ctx)
{
	struct link *k = ctx;
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct agent_message m = { .type = AGENT_ROUTE_STATE };

	link_state(k, &text);
	m.text = buf_span(&text);
	(void)put(k, &m);
}

/* Ask for what the lane that is furthest behind needs next: one answer at a time. */
static void on_turn(void *ctx)
{
	struct link *k = ctx;
	struct agent_message m = { .type = AGENT_RECORDS_WANTED, .n = BATCH_RECORDS };

	if (k->own->asked || !link_wants(k, &m.seq))
		return;
	k->own->asked = put(k, &m);
	k->own->asked_from = m.seq;
}

static int take(struct link *k, struct span frame)
{
	AUTO_FREE(arena) arena = arena_new();
	struct agent_message m;

	if (agent_decode(frame, PARTY_COLLECTOR, PARTY_LINK, arena, &m, k->own->e) < 0)
		return k->own->e->code;
	if (m.type == AGENT_HEAD) {
		link_head(k, m.seq, m.text, m.ledger);
	} else if (m.type == AGENT_RECORDS) {
		k->own->asked = false;
		link_records(k, k->own->asked_from, m.records, m.n_records);
	}
	return 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct link *k = ctx;
	struct link_own *own = k->own;
	struct span frame;
	int rc = channel_fill(&own->channel, own->e);

	(void)fd;
	(void)what;
	if (rc == ERR_CLOSED) {
		stop(k, 0);
		return;
	}
	while (rc >= 0 && (rc = channel_next(&own->channel, &frame, own->e)) > 0)
		if (take(k, frame) < 0)
			rc = own->e->code;
	if (rc < 0)
		stop(k, rc);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush(ctx);
}

static int make_events(struct link *k, int fd, struct err *e)
{
	struct link_own *own = k->own;

	if (loop_new(&k->loop, e) < 0)
		return e->code;
	k->turn = timer_new(k->loop, on_turn, k);
	k->report = timer_new(k->loop, on_report, k);
	own->readable = event_new(loop_base(k->loop), fd, EV_READ | EV_PERSIST, on_readable, k);
	own->writable = event_new(loop_base(k->loop), fd, EV_WRITE, on_writable, k);
	if (!own->readable || !own->writable || event_add(own->readable, NULL) < 0)
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
	struct link_own *own = k->own;

	link_lanes_done(k);
	if (own->dns)
		evdns_base_free(own->dns, 0);
	free_event(own->readable);
	free_event(own->writable);
	loop_free(k->loop);
	channel_done(&own->channel);
	buf_done(&k->host);
}

int carry_run(const struct link_setup *setup, const struct route *r, struct err *e)
{
	const struct route *const routes[] = { r, NULL };
	struct link_own own = { .e = e };
	struct link k = { .own = &own, .spool = setup->spool, .host = BUF_INIT(4096) };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	channel_init(&own.channel, setup->fd, AGENT_FRAME_MAX);
	own.rc = make_events(&k, setup->fd, e);
	if (own.rc == 0) {
		link_lanes(&k, routes);
		loop_run(k.loop);
	}
	done(&k);
	return own.rc;
}
