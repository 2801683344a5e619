/* Syslog: RFC 5426 over UDP here, streams in stream.c. A datagram is gone once the system has
 * it: nobody acknowledges it. */
#include "agent/sinks/syslog.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/loop/loop_event.h"
#include "core/mem.h"

struct datagram {
	int fd;
	struct evdns_getaddrinfo_request *asking;
	struct event *writable, *late;
	size_t at; /* the next message of the batch */
};

static void drop(struct datagram *d)
{
	if (d->asking)
		evdns_getaddrinfo_cancel(d->asking);
	d->asking = NULL;
	if (d->writable)
		event_free(d->writable);
	d->writable = NULL;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	event_del(d->late);
}

static void fail(struct lane *l, const char *why)
{
	drop(l->at);
	lane_failed(l, "%s:%u: %s", l->route->host, l->route->port, why);
}

static void send_rest(struct lane *l)
{
	struct datagram *d = l->at;
	const struct batch *b = &l->batch;

	while (d->at < b->n) {
		size_t from = d->at ? b->ends[d->at - 1] : 0;
		ssize_t n = send(d->fd, b->text.p + from, b->ends[d->at] - from, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
			event_add(d->writable, NULL);
			return;
		}
		if (n < 0) {
			fail(l, strerror(errno));
			return;
		}
		d->at++;
	}
	event_del(d->late);
	lane_taken(l);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	send_rest(ctx);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fail(ctx, "the name is not resolved in time");
}

static int connect_first(const struct evutil_addrinfo *list)
{
	for (; list; list = list->ai_next) {
		int fd = socket(list->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

static void on_resolved(int result, struct evutil_addrinfo *list, void *ctx)
{
	struct lane *l = ctx;
	struct datagram *d = l->at;

	if (result == EVUTIL_EAI_CANCEL)
		return;
	d->asking = NULL;
	if (result) {
		fail(l, evutil_gai_strerror(result));
		return;
	}
	d->fd = connect_first(list);
	evutil_freeaddrinfo(list);
	if (d->fd < 0) {
		fail(l, strerror(errno));
		return;
	}
	d->writable = event_new(loop_base(l->link->loop), d->fd, EV_WRITE, on_writable, l);
	send_rest(l);
}

static void resolve(struct lane *l)
{
	struct datagram *d = l->at;
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct evdns_getaddrinfo_request *asking;
	struct evdns_base *dns = link_dns(l->link);
	char port[8];

	snprintf(port, sizeof port, "%u", l->route->port & 0xffff);
	if (!dns) {
		fail(l, "names cannot be resolved");
		return;
	}
	asking = evdns_getaddrinfo(dns, l->route->host, port, &hints, on_resolved, l);
	if (asking) /* else it has been called already */
		d->asking = asking;
}

void datagram_send(struct lane *l)
{
	struct datagram *d = l->at;
	int64_t most = (int64_t)l->route->timeout_ns;
	struct timeval tv = { most / LANE_SECOND, most % LANE_SECOND / 1000 };

	if (!d) {
		l->at = d = mem_new(sizeof *d);
		d->fd = -1;
		d->late = evtimer_new(loop_base(l->link->loop), on_late, l);
	}
	d->at = 0;
	event_add(d->late, &tv);
	if (d->fd >= 0)
		send_rest(l);
	else
		resolve(l);
}

void datagram_stop(struct lane *l)
{
	struct datagram *d = l->at;

	if (!d)
		return;
	drop(d);
	event_free(d->late);
	free(d);
	l->at = NULL;
}

static void send_syslog(struct lane *l)
{
	if (l->route->transport == TRANSPORT_UDP)
		datagram_send(l);
	else
		stream_send(l);
}

static void stop_syslog(struct lane *l)
{
	if (l->route->transport == TRANSPORT_UDP)
		datagram_stop(l);
	else
		stream_stop(l);
}

const struct sink sink_syslog = { send_syslog, stop_syslog };
