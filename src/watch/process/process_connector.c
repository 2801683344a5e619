/* Processes by the kernel's proc connector, where BPF is refused: it tells who was forked, ran
 * another program and ended, and nothing else. The rest is read from /proc at once; who is gone by
 * then stays without. */
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"

#define QUEUE_BYTES (4 << 20)
#define READ_BYTES ((size_t)32 << 10)

struct listener {
	int fd;
	bool reading;
	struct event *readable;
	_Alignas(8) char block[READ_BYTES];
};

static struct seen unknown(uint32_t pid)
{
	return (struct seen){ .pid = pid,
		.uid = UINT32_MAX,
		.login_uid = UINT32_MAX,
		.session = UINT32_MAX };
}

static void forked(struct watcher *w, const struct fork_proc_event *x)
{
	struct seen s = unknown((uint32_t)x->child_tgid);

	if (x->child_pid != x->child_tgid)
		return; /* a thread */
	s.parent = (uint32_t)x->parent_tgid;
	++*w->processes->count.forks;
	process_forked(w, &s);
}

static void began(struct watcher *w, uint32_t pid)
{
	struct processes *p = w->processes;
	struct seen s = unknown(pid);
	struct life *l = process_table_get(p->table, pid, 0);

	++*p->count.execs;
	arena_clear(p->arena);
	if (!proc_seen(p, pid, p->arena, &s) && l && !l->ended)
		s.parent = l->parent;
	process_began(w, &s, processes_now());
}

static void ended(struct watcher *w, const struct exit_proc_event *x)
{
	struct seen s = unknown((uint32_t)x->process_tgid);

	if (x->process_pid != x->process_tgid)
		return;
	++*w->processes->count.exits;
	process_ended(w, &s, processes_now());
}

static void take(struct watcher *w, const struct proc_event *x)
{
	switch ((unsigned)x->what) {
	case PROC_EVENT_FORK:
		forked(w, &x->event_data.fork);
		break;
	case PROC_EVENT_EXEC:
		began(w, (uint32_t)x->event_data.exec.process_tgid);
		break;
	case PROC_EVENT_EXIT:
		ended(w, &x->event_data.exit);
		break;
	default:
		break;
	}
}

/* Whoever may send to our port could make such a message up: only the kernel's are taken. */
static void take_all(struct watcher *w, const char *block, size_t n)
{
	struct nlmsghdr head;
	struct cn_msg m;
	struct proc_event x;

	for (size_t at = 0; n - at >= sizeof head; at += NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, block + at, sizeof head);
		if (head.nlmsg_len < NLMSG_LENGTH(sizeof m) || head.nlmsg_len > n - at)
			return;
		memcpy(&m, block + at + NLMSG_HDRLEN, sizeof m);
		if (m.id.idx != CN_IDX_PROC || m.id.val != CN_VAL_PROC)
			continue;
		memset(&x, 0, sizeof x);
		memcpy(&x, block + at + NLMSG_HDRLEN + sizeof m,
			head.nlmsg_len - NLMSG_LENGTH(sizeof m) < sizeof x
				? head.nlmsg_len - NLMSG_LENGTH(sizeof m)
				: sizeof x);
		take(w, &x);
		if (NLMSG_ALIGN(head.nlmsg_len) > n - at)
			return;
	}
}

void connector_drain(struct watcher *w)
{
	struct listener *l = w->processes->listener;

	/* as with BPF: who is told of it may ask who did it */
	if (l->reading)
		return;
	l->reading = true;
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(l->fd, l->block, sizeof l->block, MSG_DONTWAIT,
			(struct sockaddr *)&from, &size);

		if (n < 0 && errno == ENOBUFS) {
			processes_lost(w, 0, "the queue of the kernel's proc connector was full");
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (from.nl_pid == 0)
			take_all(w, l->block, (size_t)n);
	}
	l->reading = false;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	connector_drain(ctx);
	processes_count(ctx);
}

static int ask(int fd, struct err *e)
{
	/* A header, a message without its data, and the data: struct cn_msg ends with an array of
	 * no length, so that they are put together by hand. */
	char q[NLMSG_HDRLEN + sizeof(struct cn_msg) + sizeof(enum proc_cn_mcast_op)] = { 0 };
	const struct nlmsghdr head = { .nlmsg_len = sizeof q, .nlmsg_type = NLMSG_DONE };
	const struct cn_msg m = { .id = { CN_IDX_PROC, CN_VAL_PROC },
		.len = sizeof(enum proc_cn_mcast_op) };
	const enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;

	memcpy(q, &head, sizeof head);
	memcpy(q + NLMSG_HDRLEN, &m, sizeof m);
	memcpy(q + NLMSG_HDRLEN + sizeof m, &op, sizeof op);
	return send(fd, q, sizeof q, 0) < 0 ? err_sys(e, "cannot ask the kernel's proc connector")
					    : 0;
}

static int listen_to(int fd, struct err *e)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int bytes = QUEUE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (bind(fd, (struct sockaddr *)&us, sizeof us) < 0)
		return err_sys(e, "cannot listen to the kernel's proc connector");
	return ask(fd, e);
}

int connector_start(struct watcher *w, struct err *e)
{
	struct processes *p = w->processes;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	struct listener *l;

	if (fd < 0)
		return err_sys(e, "cannot open the kernel's proc connector");
	if (listen_to(fd, e) < 0) {
		close(fd);
		return e->code;
	}
	p->listener = l = mem_new(sizeof *l);
	l->fd = fd;
	l->readable = event_new(w->base, fd, EV_READ | EV_PERSIST, on_readable, w);
	if (!l->readable || event_add(l->readable, NULL) < 0) {
		connector_stop(w);
		return err_set(e, ERR_SYSTEM, "cannot wait for the kernel's proc connector");
	}
	p->heard[PROCESS_EXEC] = p->heard[PROCESS_EXIT] = true;
	return 0;
}

void connector_stop(struct watcher *w)
{
	struct listener *l = w->processes->listener;

	if (!l)
		return;
	if (l->readable)
		event_free(l->readable);
	close(l->fd);
	free(l);
	w->processes->listener = NULL;
}
