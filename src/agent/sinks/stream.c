/* Syslog over TCP and TLS. A batch counts as taken when the other side's system has acknowledged
 * all of its bytes: more TCP cannot tell. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "agent/loop/loop_event.h"
#include "agent/sinks/syslog.h"
#include "core/mem.h"

#define LOOK_FIRST 5000 /* µs until we ask how much is not acknowledged */
#define LOOK_MOST 200000
/* With TLS 1.3 a server refuses our certificate when we have begun to send: only after this long a
 * new connection's first batch counts. */
#define SETTLE 400000

struct stream {
	struct bufferevent *bev;
	struct event *look, *late;
	bool connected, settled;
	long pause;
};

static void drop(struct stream *s)
{
	if (s->bev)
		bufferevent_free(s->bev);
	s->bev = NULL;
	s->connected = s->settled = false;
	event_del(s->look);
	event_del(s->late);
}

static void fail(struct lane *l, const char *why)
{
	struct stream *s = l->at;

	drop(s);
	if (l->state == LANE_SENDING)
		lane_failed(l, "%s:%u: %s", l->route->host, l->route->port, why);
}

static void look_again(struct stream *s, long us)
{
	struct timeval tv = { us / 1000000, us % 1000000 };

	event_add(s->look, &tv);
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct lane *l = ctx;
	struct stream *s = l->at;
	int left = 0;

	(void)fd;
	(void)what;
	if (!s->bev || l->state != LANE_SENDING)
		return;
	if (ioctl(bufferevent_getfd(s->bev), SIOCOUTQ, &left) < 0)
		left = 0; /* no such question here: written is all we know */
	if (left > 0) {
		s->pause = s->pause * 2 > LOOK_MOST ? LOOK_MOST : s->pause * 2;
		look_again(s, s->pause);
		return;
	}
	s->settled = true;
	event_del(s->late);
	lane_taken(l);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	struct lane *l = ctx;
	const struct stream *s = l->at;

	(void)fd;
	(void)what;
	fail(l, s->connected ? "does not take what is sent" : "cannot be reached in time");
}

/* Everything is in the system's hands. */
static void on_written(struct bufferevent *bev, void *ctx)
{
	struct lane *l = ctx;
	struct stream *s = l->at;

	if (!s->connected || l->state != LANE_SENDING ||
		evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	s->pause = LOOK_FIRST;
	look_again(s, s->settled || l->route->transport != TRANSPORT_TLS ? LOOK_FIRST : SETTLE);
}

/* Nobody has anything to say to us. */
static void on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);

	(void)ctx;
	evbuffer_drain(in, evbuffer_get_length(in));
}

static void write_batch(struct lane *l)
{
	const struct stream *s = l->at;

	if (bufferevent_write(s->bev, l->batch.text.p, l->batch.text.n) < 0)
		fail(l, "out of memory");
}

static void why_ended(struct lane *l, short what, char *ret, size_t n)
{
	const struct stream *s = l->at;
	int dns = bufferevent_socket_get_dns_error(s->bev);
	int code = EVUTIL_SOCKET_ERROR();

	if (dns)
		snprintf(ret, n, "the name cannot be resolved: %s", evutil_gai_strerror(dns));
	else if (l->route->transport == TRANSPORT_TLS && !(what & BEV_EVENT_EOF && s->connected))
		tls_why(bufferevent_openssl_get_ssl(s->bev), bufferevent_get_openssl_error(s->bev),
			ret, n);
	else if (what & BEV_EVENT_EOF)
		snprintf(ret, n, "the other side closed the connection");
	else
		snprintf(ret, n, "%s", code ? evutil_socket_error_to_string(code) : "broken");
	if (l->route->transport == TRANSPORT_TLS && !dns && code && !s->connected &&
		strcmp(ret, "TLS: the other side ended it") == 0)
		snprintf(ret, n, "%s", evutil_socket_error_to_string(code));
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct lane *l = ctx;
	struct stream *s = l->at;
	int yes = 1;
	char why[200];

	if (!(what & BEV_EVENT_CONNECTED)) {
		why_ended(l, what, why, sizeof why);
		fail(l, why);
		return;
	}
	s->connected = true;
	setsockopt(bufferevent_getfd(bev), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	if (l->state == LANE_SENDING)
		write_batch(l);
}

static struct bufferevent *new_end(struct lane *l, struct err *e)
{
	struct event_base *base = loop_base(l->link->loop);
	struct bufferevent *bev;
	void *ssl;

	if (l->route->transport != TRANSPORT_TLS)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (tls_new(l->route, &ssl, e) < 0)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
		BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!bev)
		SSL_free(ssl);
	else
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

static void connect_to(struct lane *l)
{
	struct stream *s = l->at;
	struct err e;

	(void)err_set(&e, ERR_SYSTEM, "cannot make a connection");
	s->bev = new_end(l, &e);
	if (!s->bev) {
		fail(l, e.text);
		return;
	}
	bufferevent_setcb(s->bev, on_read, on_written, on_event, l);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(s->bev, link_dns(l->link), AF_UNSPEC,
		    l->route->host, (int)l->route->port) < 0 &&
		s->bev)
		fail(l, "cannot connect");
}

void stream_send(struct lane *l)
{
	struct stream *s = l->at;
	int64_t most = (int64_t)l->route->timeout_ns;
	struct timeval tv = { most / LANE_SECOND, most % LANE_SECOND / 1000 };

	if (!s) {
		l->at = s = mem_new(sizeof *s);
		s->look = evtimer_new(loop_base(l->link->loop), on_look, l);
		s->late = evtimer_new(loop_base(l->link->loop), on_late, l);
	}
	event_add(s->late, &tv);
	if (s->connected)
		write_batch(l);
	else if (!s->bev)
		connect_to(l);
}

void stream_stop(struct lane *l)
{
	struct stream *s = l->at;

	if (!s)
		return;
	drop(s);
	event_free(s->look);
	event_free(s->late);
	free(s);
	l->at = NULL;
}
