#include "sensor/port/proc_net.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* include/net/tcp_states.h */
#define STATE_CLOSED 7
#define STATE_LISTENING 10

/* include/uapi/linux/net.h: SS_UNCONNECTED; include/linux/net.h: __SO_ACCEPTCON */
#define UNIX_UNCONNECTED 1
#define UNIX_ACCEPTS 0x10000

static bool word(struct span *rest, struct span *ret)
{
	while (rest->n && *rest->p == ' ')
		*rest = span_from_offset(*rest, 1);
	if (rest->n == 0)
		return false;
	*ret = span_from(rest->p, 0);
	while (rest->n && *rest->p != ' ') {
		*rest = span_from_offset(*rest, 1);
		ret->n++;
	}
	return true;
}

static bool digits(struct span s, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i];
		unsigned d = c >= '0' && c <= '9'   ? c - '0'
			     : c >= 'a' && c <= 'f' ? c - 'a' + 10
			     : c >= 'A' && c <= 'F' ? c - 'A' + 10
						    : 16;

		if (d >= base || n > (max - d) / base)
			return false;
		n = n * base + d;
	}
	*ret = n;
	return true;
}

static bool number(struct span *rest, unsigned base, uint64_t max, uint64_t *ret)
{
	struct span s;

	return word(rest, &s) && digits(s, base, max, ret);
}

static bool pass(struct span *rest, unsigned words)
{
	struct span s;

	while (words--)
		if (!word(rest, &s))
			return false;
	return true;
}

/* "0100007F:0016" or 32 hex digits: words of 32 bits as this machine prints them. */
static bool address(struct span *rest, struct sock *x)
{
	struct span both, part;
	uint64_t n;

	if (!word(rest, &both) || !span_cut(&both, ':', &part) || (part.n != 8 && part.n != 32))
		return false;
	x->v6 = part.n == 32;
	for (size_t i = 0; i < part.n; i += 8) {
		uint32_t four;

		if (!digits(span_from(part.p + i, 8), 16, UINT32_MAX, &n))
			return false;
		four = (uint32_t)n;
		memcpy(x->address + i / 2, &four, sizeof four);
	}
	if (!both.p || !digits(both, 16, UINT16_MAX, &n))
		return false;
	x->port = (uint32_t)n;
	return true;
}

static bool is_v6(enum sock_proto p)
{
	return p == SOCK_TCP6 || p == SOCK_UDP6 || p == SOCK_UDPLITE6 || p == SOCK_RAW6;
}

static int from_inet(enum sock_proto proto, struct span line, struct sock *x)
{
	uint64_t state, uid, inode;
	struct span slot;

	if (!word(&line, &slot))
		return 0; /* an empty line */
	if (span_is(slot, "sl"))
		return 0;
	if (!address(&line, x) || x->v6 != is_v6(proto) || !pass(&line, 1) ||
		!number(&line, 16, UINT8_MAX, &state) || !pass(&line, 3) ||
		!number(&line, 10, UINT32_MAX, &uid) || !pass(&line, 1) ||
		!number(&line, 10, UINT64_MAX, &inode))
		return -1;
	x->uid = (uint32_t)uid;
	x->has_uid = true;
	x->inode = inode;
	x->listening = state == STATE_LISTENING;
	if (proto == SOCK_TCP || proto == SOCK_TCP6)
		return x->listening;
	if (proto == SOCK_RAW4 || proto == SOCK_RAW6)
		return 1;
	return state == STATE_CLOSED && x->port != 0;
}

static int from_unix(struct span line, struct sock *x)
{
	uint64_t flags, type, state, inode;
	struct span first;

	if (!word(&line, &first) || span_is(first, "Num"))
		return 0;
	if (!pass(&line, 2) || !number(&line, 16, UINT32_MAX, &flags) ||
		!number(&line, 16, UINT16_MAX, &type) || !number(&line, 16, UINT8_MAX, &state) ||
		!number(&line, 10, UINT64_MAX, &inode))
		return -1;
	if (line.n < 2)
		return 0;                    /* without a name */
	x->name = span_from_offset(line, 1); /* may begin with a space of its own */
	x->inode = inode;
	x->type = (uint8_t)type;
	x->listening = (flags & UNIX_ACCEPTS) != 0;
	return type == SOCK_DGRAM || x->listening || state == UNIX_UNCONNECTED;
}

static int from_packet(struct span line, struct sock *x)
{
	uint64_t type, protocol, interface, uid, inode;
	struct span first;

	if (!word(&line, &first) || span_is(first, "sk"))
		return 0;
	if (!pass(&line, 1) || !number(&line, 10, UINT8_MAX, &type) ||
		!number(&line, 16, UINT16_MAX, &protocol) ||
		!number(&line, 10, INT32_MAX, &interface) || !pass(&line, 2) ||
		!number(&line, 10, UINT32_MAX, &uid) || !number(&line, 10, UINT64_MAX, &inode))
		return -1;
	x->type = (uint8_t)type;
	x->port = (uint32_t)protocol;
	x->interface = (uint32_t)interface;
	x->uid = (uint32_t)uid;
	x->has_uid = true;
	x->inode = inode;
	return protocol != 0;
}

bool sock_next_address(struct sock *x)
{
	char text[INET6_ADDRSTRLEN];
	struct span s;

	while (word(&x->name, &s)) {
		if (s.n >= sizeof text)
			continue;
		memcpy(text, s.p, s.n);
		text[s.n] = '\0';
		memset(x->address, 0, sizeof x->address);
		x->v6 = memchr(s.p, ':', s.n) != NULL;
		if (inet_pton(x->v6 ? AF_INET6 : AF_INET, text, x->address) == 1)
			return true;
	}
	return false;
}

static int from_sctp(struct span line, struct sock *x)
{
	uint64_t state, port, uid, inode;
	struct span first;

	if (!word(&line, &first) || span_is(first, "ENDPT"))
		return 0;
	if (!pass(&line, 2) || !number(&line, 10, UINT8_MAX, &state) || !pass(&line, 1) ||
		!number(&line, 10, UINT16_MAX, &port) || !number(&line, 10, UINT32_MAX, &uid) ||
		!number(&line, 10, UINT64_MAX, &inode))
		return -1;
	x->listening = state == STATE_LISTENING;
	x->port = (uint32_t)port;
	x->uid = (uint32_t)uid;
	x->has_uid = true;
	x->inode = inode;
	x->name = line;
	if (!x->listening && state != STATE_CLOSED)
		return 0;
	return sock_next_address(x) ? 1 : -1;
}

int sock_from_proc(enum sock_proto proto, struct span line, struct sock *ret)
{
	struct sock x = { .proto = (uint8_t)proto, .next = NOBODY, .owner = NOBODY };
	int rc = proto == SOCK_UNIX      ? from_unix(line, &x)
		 : proto == SOCK_PACKETS ? from_packet(line, &x)
		 : proto == SOCK_SCTP    ? from_sctp(line, &x)
					 : from_inet(proto, line, &x);

	if (rc > 0)
		*ret = x;
	return rc;
}
