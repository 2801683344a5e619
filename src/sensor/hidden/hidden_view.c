#include "sensor/hidden/hidden_view.h"

#include <linux/inet_diag.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <stdlib.h>

#include "core/attr.h"

#define XFS_MAGIC 0x58465342
#define F2FS_MAGIC 0xF2F52010
#define LISTEN 10
#define MARGIN 2048U
#define BOOT 4096U /* daemons of the boot */
/* of who asks often */
#define MARGIN_OFTEN 256U
#define SPAN_OFTEN 1024U
#define SPAN_TURN 1536U

/* ---- processes ---- */

void pids_done(struct pids *p)
{
	buf_done(&p->list);
}

void pids_add(struct pids *p, uint32_t pid)
{
	buf_add(&p->list, &pid, sizeof pid);
}

size_t pids_n(const struct pids *p)
{
	return p->list.n / sizeof(uint32_t);
}

uint32_t pids_at(const struct pids *p, size_t i)
{
	uint32_t pid;

	memcpy(&pid, p->list.p + i * sizeof pid, sizeof pid);
	return pid;
}

static int compare(const void *x, const void *y)
{
	uint32_t a, b;

	memcpy(&a, x, sizeof a);
	memcpy(&b, y, sizeof b);
	return a < b ? -1 : a > b;
}

void pids_sort(struct pids *p)
{
	size_t n = pids_n(p), kept = 0;

	if (n == 0)
		return;
	qsort(p->list.p, n, sizeof(uint32_t), compare);
	for (size_t i = 0; i < n; i++) {
		uint32_t pid = pids_at(p, i);

		if (kept && pids_at(p, kept - 1) == pid)
			continue;
		memcpy(p->list.p + kept++ * sizeof pid, &pid, sizeof pid);
	}
	p->list.n = kept * sizeof(uint32_t);
}

bool pids_has(const struct pids *p, uint32_t pid)
{
	return p->list.n && bsearch(&pid, p->list.p, pids_n(p), sizeof pid, compare);
}

void pids_missing(const struct pids *seen, const struct pids *listed, struct pids *ret)
{
	size_t at = 0, n = pids_n(listed);

	for (size_t i = 0; i < pids_n(seen); i++) {
		uint32_t pid = pids_at(seen, i);

		while (at < n && pids_at(listed, at) < pid)
			at++;
		if (at == n || pids_at(listed, at) != pid)
			pids_add(ret, pid);
	}
}

static bool number(struct span s, unsigned base, uint64_t *ret)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 15)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
			     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
						    : 99;

		if (d >= base)
			return false;
		n = n * base + d;
	}
	*ret = n;
	return true;
}

void pids_from_text(struct span text, struct pids *ret)
{
	struct span line;
	uint64_t n;

	while (span_cut(&text, '\n', &line))
		if (number(line, 10, &n) && n > 0 && n <= INT32_MAX)
			pids_add(ret, (uint32_t)n);
}

struct sweep sweep_of(uint32_t highest, uint32_t last, uint32_t pid_max, uint64_t turn)
{
	struct sweep s = { 0 };
	uint64_t top = (uint64_t)(highest > last ? highest : last) + MARGIN, windows, window;

	if (top > pid_max)
		top = pid_max;
	if (top <= SWEEP_SPAN * 2) {
		s.from[0] = 1;
		s.to[0] = (uint32_t)top;
		return s;
	}
	s.from[0] = 1;
	s.to[0] = BOOT;
	s.from[1] = last > SWEEP_SPAN ? last - SWEEP_SPAN : BOOT;
	s.to[1] = last + MARGIN > top ? (uint32_t)top : last + MARGIN;
	windows = (top + SWEEP_SPAN - 1) / SWEEP_SPAN;
	window = turn % windows;
	s.from[2] = (uint32_t)(window * SWEEP_SPAN);
	s.to[2] = (uint32_t)((window + 1) * SWEEP_SPAN < top ? (window + 1) * SWEEP_SPAN : top);
	if (s.from[2] == 0)
		s.from[2] = 1;
	return s;
}

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

struct sweep sweep_often(uint32_t highest, uint32_t last, uint32_t before, uint32_t pid_max,
	uint64_t turn)
{
	uint64_t top = (uint64_t)(highest > last ? highest : last) + MARGIN_OFTEN;
	uint64_t windows, window;
	uint32_t near = before < last ? before : last;
	struct sweep s = { 0 };

	top = least(top, pid_max);
	s.from[0] = (uint32_t)(turn % (BOOT / SPAN_OFTEN)) * SPAN_OFTEN;
	s.to[0] = least(s.from[0] + SPAN_OFTEN, top);
	if (last - near < SPAN_OFTEN)
		near = last > SPAN_OFTEN ? last - SPAN_OFTEN : 1;
	if (last - near > SWEEP_SPAN)
		near = last - SWEEP_SPAN;
	s.from[1] = near;
	s.to[1] = least((uint64_t)last + MARGIN_OFTEN, top);
	windows = (top + SPAN_TURN - 1) / SPAN_TURN;
	window = windows ? turn % windows : 0;
	s.from[2] = (uint32_t)(window * SPAN_TURN);
	s.to[2] = least((window + 1) * SPAN_TURN, top);
	for (unsigned i = 0; i < 3; i++)
		s.from[i] = least(s.from[i] + !s.from[i], s.to[i]);
	return s;
}

/* ---- ports ---- */

const char *const port_proto_names[] = { "tcp", "tcp6", "udp", "udp6", NULL };

void ports_add(struct ports *p, enum port_proto proto, uint16_t port, bool open)
{
	if (open)
		p->open[proto][port / 64] |= UINT64_C(1) << (port % 64);
	p->known[proto][port / 64] |= UINT64_C(1) << (port % 64);
}

bool ports_open(const struct ports *p, enum port_proto proto, uint16_t port)
{
	return (p->open[proto][port / 64] >> (port % 64) & 1) != 0;
}

static bool has(const struct ports *p, enum port_proto proto, uint16_t port)
{
	return (p->known[proto][port / 64] >> (port % 64) & 1) != 0;
}

bool ports_known(const struct ports *p, bool udp, uint16_t port)
{
	return udp ? has(p, PORT_UDP, port) || has(p, PORT_UDP6, port)
		   : has(p, PORT_TCP, port) || has(p, PORT_TCP6, port);
}

bool ports_missing(const struct ports *a, const struct ports *b, enum port_proto proto,
	uint32_t *at)
{
	for (; *at < 65536; ++*at) {
		if (*at % 64 == 0 && a->open[proto][*at / 64] == 0) {
			*at += 63;
			continue;
		}
		if (*at && ports_open(a, proto, (uint16_t)*at) && !has(b, proto, (uint16_t)*at))
			return true;
	}
	return false;
}

/* "  0: 0100007F:0016 00000000:0000 0A …": the hexadecimal port behind the local address, and the
 * state. */
void ports_from_proc(struct span text, enum port_proto proto, struct ports *ret)
{
	struct span line, cell, address;

	while (span_cut(&text, '\n', &line)) {
		uint64_t port = 0, state = 0;
		unsigned i = 0;
		bool fine = true;

		while (i < 4 && fine && span_cut(&line, ' ', &cell)) {
			if (cell.n == 0)
				continue;
			if (i == 1)
				fine = span_cut(&cell, ':', &address) && number(cell, 16, &port) &&
				       port <= UINT16_MAX;
			else if (i == 3)
				fine = number(cell, 16, &state);
			i++;
		}
		if (fine && i == 4 && port)
			ports_add(ret, proto, (uint16_t)port, proto >= PORT_UDP || state == LISTEN);
	}
}

bool ports_from_diag(struct span block, enum port_proto proto, struct ports *ret)
{
	while (block.n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;
		struct inet_diag_msg m;
		size_t size;
		uint16_t port;

		memcpy(&head, block.p, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > block.n ||
			head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR)
			return false;
		if (head.nlmsg_len >= NLMSG_HDRLEN + sizeof m) {
			memcpy(&m, block.p + NLMSG_HDRLEN, sizeof m);
			port = (uint16_t)(m.id.idiag_sport >> 8 | m.id.idiag_sport << 8);
			if (port)
				ports_add(ret, proto, port,
					proto >= PORT_UDP || m.idiag_state == LISTEN);
		}
		size = NLMSG_ALIGN(head.nlmsg_len);
		block = span_from_offset(block, size);
	}
	return true;
}

/* ---- folders and mounts ---- */

bool folder_count(uint64_t magic, uint64_t links, uint64_t *ret)
{
	static const uint64_t counting[] = { EXT4_SUPER_MAGIC, XFS_MAGIC, TMPFS_MAGIC, F2FS_MAGIC };

	if (links < 2)
		return false; /* ext4 gives up counting beyond 65,000 */
	for (size_t i = 0; i < ARRAY_LEN(counting); i++)
		if (magic == counting[i]) {
			*ret = links - 2;
			return true;
		}
	return false;
}

static bool is_at(struct span path, const char *folder)
{
	struct span f = span_of(folder);

	return span_starts(path, f) && (path.n == f.n || path.p[f.n] == '/');
}

enum mount_place mount_place(struct span path)
{
	static const char *const disguises[] = { "/proc/modules", "/proc/kallsyms", "/sys/module" };
	static const char *const places[] = { "/etc", "/usr/bin", "/usr/sbin", "/usr/lib",
		"/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/local", "/bin", "/sbin", "/lib",
		"/lib32", "/lib64", "/root", "/var/spool/cron", "/var/log", "/opt", "/boot/grub",
		"/run/systemd/system", "/var/www", "/srv" };
	uint64_t pid;
	struct span rest, name;

	for (size_t i = 0; i < ARRAY_LEN(disguises); i++)
		if (is_at(path, disguises[i]))
			return MOUNT_PROCESS;
	if (span_starts(path, span_of("/proc/"))) {
		rest = span_from_offset(path, strlen("/proc/"));
		return span_cut(&rest, '/', &name) && number(name, 10, &pid) ? MOUNT_PROCESS
									     : MOUNT_ELSEWHERE;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (is_at(path, places[i]))
			return MOUNT_SYSTEM;
	return MOUNT_ELSEWHERE;
}
