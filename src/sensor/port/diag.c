#include "sensor/port/diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <sys/socket.h>

#include "core/attr.h"

/* include/net/tcp_states.h, for every family */
#define STATE_CLOSED 7
#define STATE_LISTENING 10
#define STATE_BOUND 13 /* TCP, since 6.8 */

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The next attribute of *rest; false at the end or when it is cut off. */
static bool attribute(struct span *rest, uint16_t *ret_type, struct span *ret)
{
	struct nlattr a;
	size_t step;

	if (rest->n < sizeof a)
		return false;
	memcpy(&a, rest->p, sizeof a);
	if (a.nla_len < sizeof a || a.nla_len > rest->n)
		return false;
	*ret_type = (uint16_t)(a.nla_type & ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER));
	*ret = span_from(rest->p + sizeof a, a.nla_len - sizeof a);
	step = aligned(a.nla_len);
	*rest = span_from_offset(*rest, step);
	return true;
}

static bool from_inet(enum sock_proto proto, struct span body, struct sock *x)
{
	struct inet_diag_msg m;
	struct span rest, value;
	uint16_t type;

	if (body.n < sizeof m)
		return false;
	memcpy(&m, body.p, sizeof m);
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return false;
	x->v6 = m.idiag_family == AF_INET6;
	x->proto = (uint8_t)(proto + (x->v6 && proto != SOCK_SCTP));
	x->listening = m.idiag_state == STATE_LISTENING;
	if (proto == SOCK_TCP && !x->listening && m.idiag_state != STATE_BOUND &&
		m.idiag_state != STATE_CLOSED)
		return false;
	if ((proto == SOCK_UDP || proto == SOCK_UDPLITE) && m.idiag_state != STATE_CLOSED)
		return false; /* connected: a client */
	if (proto == SOCK_SCTP && !x->listening && m.idiag_state != STATE_CLOSED)
		return false;
	x->port = ntohs(m.id.idiag_sport);
	memcpy(x->address, m.id.idiag_src, x->v6 ? 16 : 4);
	x->interface = m.id.idiag_if;
	x->inode = m.idiag_inode;
	x->uid = m.idiag_uid;
	x->has_uid = true;
	x->backlog = m.idiag_wqueue;
	x->has_backlog = x->listening;
	rest = span_from_offset(body, aligned(sizeof m));
	while (attribute(&rest, &type, &value))
		if (type == INET_DIAG_SKV6ONLY && value.n >= 1) {
			x->v6only = value.p[0] != 0;
			x->has_v6only = true;
		}
	return x->port != 0 || proto == SOCK_RAW4;
}

static bool from_unix(struct span body, struct sock *x)
{
	struct unix_diag_msg m;
	struct unix_diag_rqlen queue;
	struct unix_diag_vfs file;
	struct span rest, value;
	uint16_t type;

	if (body.n < sizeof m)
		return false;
	memcpy(&m, body.p, sizeof m);
	*x = (struct sock){ .proto = SOCK_UNIX, .inode = m.udiag_ino, .type = m.udiag_type };
	x->listening = m.udiag_state == STATE_LISTENING;
	/* what a listener accepted bears its name; a datagram socket may be connected, too */
	if (m.udiag_type != SOCK_DGRAM && !x->listening && m.udiag_state != STATE_CLOSED)
		return false;
	rest = span_from_offset(body, aligned(sizeof m));
	while (attribute(&rest, &type, &value)) {
		if (type == UNIX_DIAG_NAME && value.n > 0)
			x->name = value;
		if (type == UNIX_DIAG_VFS && value.n >= sizeof file) {
			memcpy(&file, value.p, sizeof file);
			x->file = file.udiag_vfs_ino;
		}
		if (type == UNIX_DIAG_RQLEN && value.n >= sizeof queue && x->listening) {
			memcpy(&queue, value.p, sizeof queue);
			x->backlog = queue.udiag_wqueue;
			x->has_backlog = true;
		}
		if (type == UNIX_DIAG_UID && value.n >= sizeof x->uid) {
			memcpy(&x->uid, value.p, sizeof x->uid);
			x->has_uid = true;
		}
	}
	return x->name.n > 0;
}

static bool from_packet(struct span body, struct sock *x)
{
	struct packet_diag_msg m;
	struct packet_diag_info info;
	struct span rest, value;
	uint16_t type;

	if (body.n < sizeof m)
		return false;
	memcpy(&m, body.p, sizeof m);
	*x = (struct sock){ .proto = SOCK_PACKETS,
		.inode = m.pdiag_ino,
		.type = m.pdiag_type,
		.port = m.pdiag_num };
	rest = span_from_offset(body, aligned(sizeof m));
	while (attribute(&rest, &type, &value)) {
		if (type == PACKET_DIAG_INFO && value.n >= sizeof info) {
			memcpy(&info, value.p, sizeof info);
			x->interface = info.pdi_index;
		}
		if (type == PACKET_DIAG_UID && value.n >= sizeof x->uid) {
			memcpy(&x->uid, value.p, sizeof x->uid);
			x->has_uid = true;
		}
	}
	return x->port != 0; /* protocol 0 receives nothing */
}

static bool from_vsock(struct span body, struct sock *x)
{
	struct vsock_diag_msg m;

	if (body.n < sizeof m)
		return false;
	memcpy(&m, body.p, sizeof m);
	*x = (struct sock){ .proto = SOCK_VSOCK, .inode = m.vdiag_ino, .port = m.vdiag_src_port };
	x->listening = m.vdiag_state == STATE_LISTENING;
	memcpy(x->address, &m.vdiag_src_cid, sizeof m.vdiag_src_cid);
	return x->listening || (m.vdiag_type == SOCK_DGRAM && m.vdiag_state == STATE_CLOSED);
}

bool sock_from_diag(enum diag_family f, enum sock_proto proto, struct span body, struct sock *ret)
{
	struct sock x = { .owner = NOBODY };
	bool ok = f == DIAG_INET     ? from_inet(proto, body, &x)
		  : f == DIAG_UNIX   ? from_unix(body, &x)
		  : f == DIAG_PACKET ? from_packet(body, &x)
				     : from_vsock(body, &x);

	if (!ok)
		return false;
	/* a path may or may not have its NUL */
	if (x.proto == SOCK_UNIX && x.name.p[0] != '\0') {
		const char *nul = memchr(x.name.p, '\0', x.name.n);

		x.name.n = nul ? (size_t)(nul - x.name.p) : x.name.n;
	}
	x.next = x.owner = NOBODY;
	*ret = x;
	return true;
}
