/* The sockets of each network namespace: by sock_diag(7), by /proc/net where that has no answer. */
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/port.h"
#include "sensor/port/diag.h"
#include "sensor/port/proc_net.h"
#include "sensor/port/room.h"

#define ANSWER_BYTES ((size_t)64 << 10)
#define TABLE_MAX ((size_t)256 << 20)
#define PATIENCE 5 /* seconds; the kernel answers at once */
#define LISTENING (1u << 10)
#define BOUND (1u << 13)
#define EVERY 0xffffffffu

/* What is asked for. Asking for a protocol whose module is not there makes the kernel run modprobe;
 * of the raw ones /proc/net says all there is to know, and needs none. */
struct table {
	enum diag_family family;
	enum sock_proto proto;
	uint8_t domain;
	uint8_t protocol;
	uint32_t states;
	const char *file; /* below /proc/net */
};

static const struct table tables[] = {
	{ DIAG_INET, SOCK_TCP, AF_INET, IPPROTO_TCP, LISTENING | BOUND, "tcp" },
	{ DIAG_INET, SOCK_TCP, AF_INET6, IPPROTO_TCP, LISTENING | BOUND, "tcp6" },
	{ DIAG_INET, SOCK_UDP, AF_INET, IPPROTO_UDP, EVERY, "udp" },
	{ DIAG_INET, SOCK_UDP, AF_INET6, IPPROTO_UDP, EVERY, "udp6" },
	{ DIAG_INET, SOCK_UDPLITE, AF_INET, IPPROTO_UDPLITE, EVERY, "udplite" },
	{ DIAG_INET, SOCK_UDPLITE, AF_INET6, IPPROTO_UDPLITE, EVERY, "udplite6" },
	{ DIAG_INET, SOCK_SCTP, AF_INET, IPPROTO_SCTP, EVERY, "sctp/eps" },
	{ DIAG_INET, SOCK_SCTP, AF_INET6, IPPROTO_SCTP, EVERY, NULL },
	{ DIAG_INET, SOCK_RAW4, AF_INET, 0, 0, "raw" },
	{ DIAG_INET, SOCK_RAW4, AF_INET6, 0, 0, "raw6" },
	{ DIAG_PACKET, SOCK_PACKETS, AF_PACKET, 0, EVERY, "packet" },
	{ DIAG_UNIX, SOCK_UNIX, AF_UNIX, 0, EVERY, "unix" },
};

static void device_name(struct sock *x, struct arena *a)
{
	char name[IF_NAMESIZE];

	if (x->interface == 0)
		return;
	x->device = if_indextoname(x->interface, name)
			    ? arena_copy(a, span_of(name))
			    : span_of(arena_format(a, "#%u", x->interface));
}

/* The kernel writes '@' for every NUL of an abstract name in /proc/net/unix; so do we. */
static struct span own_name(struct span name, struct arena *a)
{
	char *p = arena_get(a, name.n + 1);

	memcpy(p, name.p, name.n);
	for (size_t i = 0; i < name.n && name.p[0] == '\0'; i++)
		if (p[i] == '\0')
			p[i] = '@';
	return span_from(p, name.n);
}

static void keep(struct socks *all, uint32_t space, const struct sock *from)
{
	struct sock *x;

	if (all->n == SOCKS_MAX)
		return;
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 1024;
		all->list = mem_grow(all->list, all->cap, sizeof *all->list);
	}
	x = &all->list[all->n++];
	*x = *from;
	x->space = space;
	if (x->proto == SOCK_UNIX)
		x->name = own_name(x->name, all->arena);
	device_name(x, all->arena);
}

/* ---- sock_diag ---- */

struct request {
	struct nlmsghdr head;
	union {
		struct inet_diag_req_v2 inet;
		struct unix_diag_req local;
		struct packet_diag_req packet;
		struct vsock_diag_req vsock;
	} body;
};

static int ask(int fd, const struct table *t)
{
	struct request r;

	memset(&r, 0, sizeof r);
	r.head.nlmsg_len = sizeof r.head;
	r.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	switch (t->family) {
	case DIAG_INET:
		r.head.nlmsg_len += (uint32_t)sizeof r.body.inet;
		r.body.inet.sdiag_family = t->domain;
		r.body.inet.sdiag_protocol = t->protocol;
		r.body.inet.idiag_states = t->states;
		break;
	case DIAG_UNIX:
		r.head.nlmsg_len += (uint32_t)sizeof r.body.local;
		r.body.local.sdiag_family = AF_UNIX;
		r.body.local.udiag_states = t->states;
		r.body.local.udiag_show =
			UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
		break;
	case DIAG_PACKET:
		r.head.nlmsg_len += (uint32_t)sizeof r.body.packet;
		r.body.packet.sdiag_family = AF_PACKET;
		r.body.packet.pdiag_show = PACKET_SHOW_INFO;
		break;
	case DIAG_VSOCK:
		r.head.nlmsg_len += (uint32_t)sizeof r.body.vsock;
		r.body.vsock.sdiag_family = AF_VSOCK;
		r.body.vsock.vdiag_states = t->states;
		break;
	}
	return send(fd, &r, r.head.nlmsg_len, 0) < 0 ? -1 : 0;
}

/* 1: that was the end; 0: more comes; -1: refused, errno is set. */
static int take(struct socks *all, uint32_t space, const struct table *t, struct span answer)
{
	struct nlmsghdr m;
	struct nlmsgerr why;
	struct sock x;

	while (answer.n >= sizeof m) {
		struct span body;

		memcpy(&m, answer.p, sizeof m);
		if (m.nlmsg_len < sizeof m || m.nlmsg_len > answer.n)
			break;
		body = span_from(answer.p + sizeof m, m.nlmsg_len - sizeof m);
		answer = span_from_offset(answer, (m.nlmsg_len + 3) & ~(size_t)3);
		if (m.nlmsg_type == NLMSG_DONE)
			return 1;
		if (m.nlmsg_type == NLMSG_ERROR) {
			errno = EIO;
			if (body.n >= sizeof why) {
				memcpy(&why, body.p, sizeof why);
				errno = -why.error;
			}
			return -1;
		}
		if (sock_from_diag(t->family, t->proto, body, &x))
			keep(all, space, &x);
	}
	return 0;
}

/* False: no answer, or not all of it; errno says why, and nothing is kept. */
static bool by_diag(struct socks *all, uint32_t space, const struct table *t, int fd, char *block)
{
	size_t before = all->n;
	int rc = fd < 0 ? -1 : ask(fd, t);

	while (rc == 0) {
		ssize_t n = recv(fd, block, ANSWER_BYTES, 0);

		if (n < 0 && errno == EINTR)
			continue;
		rc = n <= 0 ? -1 : take(all, space, t, span_from(block, (size_t)n));
	}
	if (rc < 0)
		all->n = before;
	return rc > 0;
}

static int open_diag(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct timeval t = { .tv_sec = PATIENCE };

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	return fd;
}

/* ---- /proc/net ---- */

static enum sock_proto proto_of(const struct table *t)
{
	return (enum sock_proto)(t->proto + (t->domain == AF_INET6 && t->proto != SOCK_SCTP));
}

static void gap(struct socks *all, enum gap_reason reason, const char *text)
{
	struct gap g = { .kind = &kind_port, .subtree = true, .reason = reason, .text = text };

	if (!all->again)
		scan_gap(all->scan, &g);
}

static void gap_err(struct socks *all, const struct err *why)
{
	if (!all->again)
		scan_gap_err(all->scan, &kind_port, SPAN_NONE, true, why);
}

static void by_text(struct socks *all, uint32_t space, const struct table *t, struct span text,
	const char *path)
{
	size_t number = 0, bad = 0, first = 0;
	struct span line;
	struct sock x;

	while (span_cut(&text, '\n', &line)) {
		int rc = sock_from_proc(proto_of(t), line, &x);

		number++;
		if (rc < 0 && bad++ == 0)
			first = number;
		if (rc > 0)
			keep(all, space, &x);
		while (rc > 0 && x.proto == SOCK_SCTP && sock_next_address(&x))
			keep(all, space, &x);
	}
	if (bad)
		gap(all, GAP_FORMAT,
			arena_format(all->arena,
				"'/%s' line %zu does not follow its format (%zu such lines)", path,
				first, bad));
}

static void by_proc(struct socks *all, uint32_t space, const struct table *t)
{
	char path[48];
	struct span text;
	struct err why;
	int rc;

	if (!t->file)
		return;
	/* thread-self: our process is in another namespace than it began in */
	snprintf(path, sizeof path, "proc/thread-self/net/%s", t->file);
	rc = host_read(all->host, path, TABLE_MAX, all->arena, &text, &why);
	if (rc == 0)
		by_text(all, space, t, text, path);
	else if (rc != ERR_MISSING)
		gap_err(all, &why);
}

/* ---- all of it ---- */

static void dump_space(struct socks *all, uint32_t space, char *block)
{
	int fd = open_diag();

	for (size_t i = 0; i < sizeof tables / sizeof *tables && !scan_stopped(all->scan); i++) {
		const struct table *t = &tables[i];

		if (all->again && !(all->protos >> proto_of(t) & 1))
			continue;
		if (t->states == 0 || !by_diag(all, space, t, fd, block))
			by_proc(all, space, t);
	}
	if (fd >= 0)
		close(fd);
}

/* Sockets of virtual machines belong to no namespace, and the module that lists them is asked for
 * only where there are any. */
static bool has_vsock(struct socks *all)
{
	struct span text, line;
	struct err why;

	if (host_read(all->host, "proc/net/protocols", TABLE_MAX, all->arena, &text, &why) < 0)
		return false;
	while (span_cut(&text, '\n', &line))
		if (span_starts(line, span_of("AF_VSOCK")))
			return true;
	return false;
}

static void dump_vsock(struct socks *all, char *block)
{
	static const struct table vsock = { DIAG_VSOCK, SOCK_VSOCK, AF_VSOCK, 0, EVERY, NULL };
	int fd;

	if (!has_vsock(all) || access("/sys/module/vsock_diag", F_OK) < 0)
		return;
	fd = open_diag();
	(void)by_diag(all, 0, &vsock, fd, block);
	if (fd >= 0)
		close(fd);
}

/* Whoever was listed in a namespace may be in another one by now, and a path may show another one:
 * what an open descriptor is, stays. */
static int open_that(const struct space *x, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && st.st_ino == x->inode))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

static int open_by_pid(const struct space *x, uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%u/ns/net", pid);
	return open_that(x, path);
}

static int open_space(struct socks *all, const struct space *x)
{
	const struct process *list = NULL;
	struct err why;
	size_t n = 0;
	int fd = x->path.n ? open_that(x, x->path.p) : -1;

	if (fd < 0 && x->pid)
		fd = open_by_pid(x, x->pid);
	if (fd >= 0 || (x->path.n && !x->pid) || host_processes(all->host, &list, &n, &why) < 0)
		return fd;
	for (size_t i = 0; fd < 0 && i < n; i++)
		if (list[i].ns[NS_NET] == x->inode && list[i].pid != x->pid)
			fd = open_by_pid(x, list[i].pid);
	return fd;
}

/* A namespace that is gone by now has no sockets. */
static void enter_and_dump(struct socks *all, uint32_t space, char *block)
{
	const struct space *x = &all->space[space];
	int fd = open_space(all, x);
	struct err why;

	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return;
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
		(void)err_sys(&why, "cannot enter the network namespace of '%.*s'",
			SPAN_ARG(x->name));
		gap_err(all, &why);
	} else {
		dump_space(all, space, block);
	}
	if (fd >= 0)
		close(fd);
}

static bool is_due(const struct socks *all, uint32_t space)
{
	return !all->again || all->space[space].suspect;
}

void socks_dump(struct socks *all)
{
	char *block = mem_new(ANSWER_BYTES);
	int own;

	if (is_due(all, 0)) {
		dump_space(all, 0, block);
		dump_vsock(all, block);
	}
	own = all->n_spaces > 1 ? open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
	for (uint32_t i = 1; own >= 0 && i < all->n_spaces && !scan_stopped(all->scan); i++)
		if (is_due(all, i))
			enter_and_dump(all, i, block);
	if (own >= 0) {
		/* what cannot fail: we came from there, and rights were not given up */
		if (setns(own, CLONE_NEWNET) < 0)
			gap(all, GAP_DENIED, "cannot return to the own network namespace");
		close(own);
	}
	if (all->n == SOCKS_MAX)
		gap(all, GAP_LIMIT, "more than a million sockets");
	free(block);
}
