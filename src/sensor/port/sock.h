/* One socket as the kernel lists it, whatever the list: netlink's or /proc/net's. */
#ifndef SENSOR_PORT_SOCK_H
#define SENSOR_PORT_SOCK_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/span.h"

enum sock_proto {
	SOCK_TCP,
	SOCK_TCP6,
	SOCK_UDP,
	SOCK_UDP6,
	SOCK_UDPLITE,
	SOCK_UDPLITE6,
	SOCK_SCTP,
	SOCK_RAW4,
	SOCK_RAW6,
	SOCK_PACKETS,
	SOCK_UNIX,
	SOCK_VSOCK,
	SOCK_PROTOS
};
extern const char *const sock_proto_names[]; /* the first section of a key */

#define NOBODY UINT32_MAX

struct sock {
	uint64_t inode;     /* 0: unknown, or it has none */
	struct span name;   /* unix: a path, or '@' and the abstract name. Hostile */
	struct span device; /* the interface it is bound to, by name */
	struct span key;    /* of its entity; made last */
	uint32_t port;      /* raw: the protocol; packet: the EtherType; vsock: its port */
	uint32_t interface; /* index; 0: any */
	uint32_t file;      /* unix: low bits of the inode number of the path; 0: unknown */
	uint32_t uid;
	uint32_t backlog;
	uint32_t space;       /* which network namespace */
	uint32_t next, owner; /* chains: sockets of one hash, owners */
	uint8_t address[16];  /* IPv4 in the first four; vsock: the context id there */
	uint8_t proto;        /* enum sock_proto */
	uint8_t type;         /* SOCK_STREAM, …; 0: follows from proto */
	bool v6;              /* the address is one of IPv6 */
	bool listening;
	bool v6only;
	bool has_v6only, has_uid, has_backlog;
};

/* The key; space empty: the host's own. */
struct span sock_key(const struct sock *x, struct span space, struct arena *a);

bool sock_is_wildcard(const struct sock *x);
bool sock_is_loopback(const struct sock *x);

/* A name of a unix socket that will be another one next time: what the kernel chooses (five hex
 * digits behind the '@'), a pid, a UUID, what mkstemp(3) makes. A guess. */
bool sock_name_is_random(struct span name, const uint32_t *pids, size_t n_pids);

#endif
