#include "watch/kinds/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"

#define DATAGRAM_BYTES 65536
#define QUEUE_BYTES (1 << 20) /* what may wait in the kernel for us */
#define AT_ONCE 256           /* datagrams, before others get their turn */

struct kinds_netlink {
	struct watched_kinds *all;
	struct kinds_netlink_setup setup;
	int fd;
	struct event *event;
	int64_t empty; /* ns since epoch: when nothing was left in it */
	char *datagram;
};

/* One datagram. False: there is none, for now. */
static bool receive(struct kinds_netlink *n)
{
	struct sockaddr_nl from;
	struct iovec iov = { n->datagram, DATAGRAM_BYTES };
	struct msghdr m = { .msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &iov,
		.msg_iovlen = 1 };
	ssize_t got = recvmsg(n->fd, &m, MSG_DONTWAIT);

	if (got < 0 && errno == ENOBUFS) {
		kinds_lost(n->all, n->setup.of, n->empty, 0,
			"the kernel had more to say than its queue holds");
		return true;
	}
	if (got < 0)
		return errno == EINTR;
	if (m.msg_namelen == sizeof from && from.nl_pid == 0) /* others may write to it as well */
		n->setup.heard(n->all, span_from(n->datagram, (size_t)got));
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct kinds_netlink *n = ctx;

	(void)fd, (void)what;
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (!receive(n)) {
			n->empty = clock_now();
			return;
		}
}

static int join(struct kinds_netlink *n, struct err *e)
{
	const struct kinds_netlink_setup *s = &n->setup;
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	struct sock_fprog program = { s->n_filter, s->filter };
	int bytes = QUEUE_BYTES;

	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, s->protocol);
	if (n->fd < 0 || bind(n->fd, (struct sockaddr *)&self, sizeof self) < 0)
		return err_sys(e, "cannot open a netlink socket");
	/* The kernel allows more to who may administrate the network; else what it allows. */
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
		(void)setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (s->filter && setsockopt(n->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program))
		return err_sys(e, "cannot filter a netlink socket");
	for (size_t i = 0; i < ARRAY_LEN(s->groups) && s->groups[i]; i++)
		if (setsockopt(n->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &s->groups[i],
			    sizeof s->groups[i]) < 0)
			return err_sys(e, "cannot listen to netlink");
	return 0;
}

int kinds_netlink_open(struct kinds_netlink **ret, struct watched_kinds *all,
	const struct kinds_netlink_setup *setup, struct err *e)
{
	struct kinds_netlink *n = mem_new(sizeof *n);

	*n = (struct kinds_netlink){ .all = all,
		.setup = *setup,
		.empty = clock_now(),
		.datagram = mem_new(DATAGRAM_BYTES) };
	if (join(n, e) < 0) {
		kinds_netlink_close(&n);
		return e->code;
	}
	n->event = event_new(all->w->base, n->fd, EV_READ | EV_PERSIST, on_readable, n);
	event_add(n->event, NULL);
	*ret = n;
	return 0;
}

void kinds_netlink_close(struct kinds_netlink **n)
{
	if (!*n)
		return;
	if ((*n)->event)
		event_free((*n)->event);
	if ((*n)->fd >= 0)
		close((*n)->fd);
	free((*n)->datagram);
	free(*n);
	*n = NULL;
}
