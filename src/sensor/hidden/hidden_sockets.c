/* Who listens: the list of sock_diag(7), that of /proc/net, and the kernel's own answer to whoever
 * asks for the port. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/hidden/hidden_look.h"

#define REPLY_BYTES ((size_t)32 << 10)
#define PROC_MAX ((size_t)32 << 20)
#define DEADLINE_S 3
#define WINDOW \
	256U /* ports asked for in one look, of each protocol: all of them in 256 minutes \
	      */
#define WINDOW_OFTEN 64U /* in one of many looks: all of them in 3 hours */
#define PROC_S 30        /* the list in /proc is dear: the kernel walks all it has room for */
#define CONNECT_MS 50
#define FINDINGS_MAX 64

/* ---- lists ---- */

static const struct {
	int family, protocol;
	const char *path;
} sources[PORT_PROTOS] = {
	[PORT_TCP] = { AF_INET, IPPROTO_TCP, "net/tcp" },
	[PORT_TCP6] = { AF_INET6, IPPROTO_TCP, "net/tcp6" },
	[PORT_UDP] = { AF_INET, IPPROTO_UDP, "net/udp" },
	[PORT_UDP6] = { AF_INET6, IPPROTO_UDP, "net/udp6" },
};

static int ask_diag(int fd, enum port_proto proto, struct ports *ret, struct err *e)
{
	_Alignas(struct nlmsghdr) char block[REPLY_BYTES] UNSET;
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = {
		.head = { .nlmsg_len = sizeof ask,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = (uint8_t)sources[proto].family,
			.sdiag_protocol = (uint8_t)sources[proto].protocol,
			.idiag_states = UINT32_MAX },
	};
	ssize_t n;

	if (send(fd, &ask, sizeof ask, 0) < 0)
		return err_sys(e, "cannot ask for sockets");
	do {
		n = recv(fd, block, sizeof block, 0);
		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot list sockets");
	} while (n < 0 || ports_from_diag(span_from(block, (size_t)n), proto, ret));
	return 0;
}

int ports_by_diag(struct ports *ret, struct err *e)
{
	const struct timeval deadline = { .tv_sec = DEADLINE_S };
	int rc = 0, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return err_sys(e, "cannot ask for sockets");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
	for (unsigned i = 0; i < PORT_PROTOS && rc == 0; i++)
		rc = ask_diag(fd, (enum port_proto)i, ret, e);
	close(fd);
	return rc;
}

/* Our own folder there: /proc/net leads to it. One of other processes than ours has none. */
static int open_own(const struct host *h, int *ret, struct err *e)
{
	int proc = openat(host_root(h), "proc", O_PATH | O_DIRECTORY | O_CLOEXEC), rc;

	if (proc < 0)
		return err_sys(e, "cannot open '/proc'");
	rc = host_fd_is_kernels(h, proc, "proc", e);
	if (rc == 0) {
		*ret = openat(proc, "thread-self", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (*ret < 0)
			rc = err_sys(e, "cannot open '/proc/thread-self'");
	}
	close(proc);
	return rc;
}

int ports_by_proc(struct scan *s, struct ports *ret, struct err *e)
{
	int fd, rc = open_own(scan_host(s), &fd, e);

	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < PORT_PROTOS && rc == 0; i++) {
		AUTO_FREE(arena) a = arena_new();
		struct span text;

		rc = host_read_at(fd, sources[i].path, PROC_MAX, a, &text, e);
		if (rc == 0)
			ports_from_proc(text, (enum port_proto)i, ret);
		else if (rc == ERR_MISSING && sources[i].family == AF_INET6)
			rc = 0; /* it is switched off */
	}
	close(fd);
	return rc;
}

/* ---- the port itself ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t any_address(int family, uint16_t port, bool loopback, union address *ret)
{
	*ret = (union address){ 0 };
	ret->any.sa_family = (sa_family_t)family;
	if (family == AF_INET6) {
		ret->v6.sin6_port = htons(port);
		ret->v6.sin6_addr = loopback ? in6addr_loopback : in6addr_any;
		return sizeof ret->v6;
	}
	ret->v4.sin_port = htons(port);
	ret->v4.sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY);
	return sizeof ret->v4;
}

/* May nobody else have the port, on any address of both families? With SO_REUSEADDR only those who
 * listen are in the way of TCP, not what is left of connections. Nothing ever listens here, and the
 * port is given back at once. */
static bool is_taken(bool udp, uint16_t port)
{
	static const int families[] = { AF_INET6, AF_INET };
	const int on = 1, off = 0;

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		int fd = socket(families[i], (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
		union address at;
		socklen_t n = any_address(families[i], port, false, &at);
		int rc;

		if (fd < 0)
			continue;
		if (!udp)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (families[i] == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
		rc = bind(fd, &at.any, n) < 0 ? errno : 0;
		close(fd);
		return rc == EADDRINUSE;
	}
	return false;
}

/* A port may be bound and not be listened on, which no list tells: then nobody answers. */
static bool is_answered(int family, uint16_t port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), why = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof why;
	union address to;
	socklen_t len = any_address(family, port, true, &to);
	bool yes;

	if (fd < 0)
		return false;
	yes = connect(fd, &to.any, len) == 0 ||
	      (errno == EINPROGRESS && poll(&p, 1, CONNECT_MS) > 0 &&
		      getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 && why == 0);
	close(fd);
	return yes;
}

bool port_answers(const struct ports *known, bool udp, uint16_t port)
{
	if (port == 0 || ports_known(known, udp, port) || !is_taken(udp, port))
		return false;
	return udp || is_answered(AF_INET, port) || is_answered(AF_INET6, port);
}

/* ---- all of it ---- */

struct port_views {
	struct ports diag, proc;
};

static int read_both(struct scan *s, struct port_views *v, struct err *e)
{
	*v = (struct port_views){ 0 };
	if (ports_by_diag(&v->diag, e) < 0 || ports_by_proc(s, &v->proc, e) < 0)
		return e->code;
	return 0;
}

/* Of the look before, in a process that is kept: only where to ask, never what is there. */
static struct {
	struct ports diag;
	int64_t proc;  /* when that list was read; 0: never */
	bool differed; /* something was found */
	struct found {
		uint64_t port[2][1024]; /* of TCP and UDP */
	} found;
} before;

/* Who hides a port from one of the lists opens it, which the other list tells, or hid it when both
 * were compared last. Once they differ they are compared each time. */
static int read_due(struct scan *s, struct port_views *v, struct err *e)
{
	int64_t now = clock_monotonic();

	*v = (struct port_views){ 0 };
	if (ports_by_diag(&v->diag, e) < 0)
		return e->code;
	if (hidden_often(s) && before.proc && !before.differed &&
		now - before.proc < PROC_S * INT64_C(1000000000) &&
		memcmp(before.diag.open, v->diag.open, sizeof v->diag.open) == 0) {
		v->proc = v->diag;
		return 0;
	}
	if (ports_by_proc(s, &v->proc, e) < 0)
		return e->code;
	before.diag = v->diag;
	before.proc = now;
	before.differed = false;
	return 0;
}

static void report(struct scan *s, const char *proto, uint32_t port, const char *seen,
	const char *missing, const char *missing_too)
{
	struct arena *a = scan_arena(s);
	struct finding f = { .type = HIDDEN_PORT,
		.seen_by = { seen },
		.missing_from = { missing, missing_too } };

	before.differed = true;
	f.key = span_of(arena_format(a, "port/%s/%u", proto, port));
	f.detail = arena_format(a, "somebody has port %u of %s, but %s does not list it", port,
		proto, missing);
	hidden_report(s, &f);
}

/* What differs now and differed in all looks before. */
static bool differs_still(const struct ports *a, const struct ports *b, enum port_proto proto,
	uint32_t port)
{
	return ports_open(a, proto, (uint16_t)port) &&
	       !ports_known(b, proto >= PORT_UDP, (uint16_t)port);
}

static int compare_lists(struct scan *s, struct port_views *v, struct err *e)
{
	struct port_views *last = mem_new(sizeof *last);
	int rc = 0;

	for (unsigned k = 0; k < PORT_PROTOS * 2 && rc == 0; k++) {
		enum port_proto proto = (enum port_proto)(k / 2);
		bool by_proc = k % 2;
		unsigned found = 0;

		for (uint32_t at = 1; ports_missing(by_proc ? &v->proc : &v->diag,
			     by_proc ? &v->diag : &v->proc, proto, &at);
			at++) {
			bool stands = true;

			for (unsigned i = 0; i < AGAIN && stands && rc == 0; i++) {
				hidden_pause();
				rc = read_both(s, last, e);
				stands = rc == 0 &&
					 differs_still(by_proc ? &last->proc : &last->diag,
						 by_proc ? &last->diag : &last->proc, proto, at);
			}
			if (rc < 0 || ++found > FINDINGS_MAX)
				break;
			if (stands)
				report(s, port_proto_names[proto], at,
					by_proc ? "/proc/net" : "sock_diag",
					by_proc ? "sock_diag" : "/proc/net", NULL);
		}
	}
	free(last);
	return rc;
}

/* Favourites of those who hide, asked for each time. */
static const uint16_t favourites[] = { 23, 1234, 1337, 2323, 3333, 4242, 4443, 4444, 4445, 5555,
	6666, 6667, 7777, 8888, 9001, 9050, 9999, 12345, 31337, 31338, 54321, 60001, 65535 };

static int probe(struct scan *s, struct port_views *v, bool udp, uint16_t port, struct err *e)
{
	uint64_t bit = UINT64_C(1) << (port % 64);

	before.found.port[udp][port / 64] &= ~bit;
	for (unsigned i = 0; i < AGAIN; i++) {
		if (!port_answers(&v->diag, udp, port) || ports_known(&v->proc, udp, port))
			return 0;
		hidden_pause();
		if (read_both(s, v, e) < 0)
			return e->code;
	}
	before.found.port[udp][port / 64] |= bit;
	report(s, udp ? "udp" : "tcp", port, "bind", "sock_diag", "/proc/net");
	return 0;
}

static int probe_window(struct scan *s, struct port_views *v, struct err *e)
{
	bool often = hidden_often(s);
	uint32_t width = often ? WINDOW_OFTEN : WINDOW;
	uint32_t turn = (uint32_t)(time(NULL) / (often ? 10 : 60) % (65536 / width)) * width;
	int rc = 0;

	for (uint32_t i = 0; i < width * 2 && rc == 0 && !scan_stopped(s); i++)
		rc = probe(s, v, i % 2, (uint16_t)(turn + i / 2), e);
	return rc;
}

/* What was found in another window is asked for again, so that it does not come and go by turns. */
static int probe_found(struct scan *s, struct port_views *v, const struct found *found,
	struct err *e)
{
	int rc = 0;

	for (uint32_t port = 0; port < 65536 && rc == 0; port++) {
		if (port % 64 == 0 && !(found->port[0][port / 64] | found->port[1][port / 64])) {
			port += 63;
			continue;
		}
		for (unsigned udp = 0; udp < 2 && rc == 0; udp++)
			if (found->port[udp][port / 64] >> (port % 64) & 1)
				rc = probe(s, v, udp, (uint16_t)port, e);
	}
	return rc;
}

int hidden_ports(struct scan *s, struct err *e)
{
	struct port_views *v = mem_new(sizeof *v);
	struct found *found = mem_new(sizeof *found);
	int rc = read_due(s, v, e);

	*found = before.found;
	if (rc == 0)
		rc = compare_lists(s, v, e);
	for (size_t i = 0; i < ARRAY_LEN(favourites) * 2 && rc == 0; i++)
		rc = probe(s, v, i % 2, favourites[i / 2], e);
	if (rc == 0)
		rc = probe_window(s, v, e);
	if (rc == 0)
		rc = probe_found(s, v, found, e);
	free(found);
	free(v);
	return rc;
}
