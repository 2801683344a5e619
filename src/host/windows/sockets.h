/* Sockets that listen or are bound, as Windows lists them. In plain numbers. */
#ifndef HOST_WINDOWS_SOCKETS_H
#define HOST_WINDOWS_SOCKETS_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SOCKETS_MAX 262144 /* of one table; more are ERR_LIMIT */

enum socket_proto { SOCKET_TCP, SOCKET_TCP6, SOCKET_UDP, SOCKET_UDP6, SOCKET_PROTO_N };
extern const char *const socket_proto_names[]; /* "tcp", …: the first section of a key */

struct socket_row {
	enum socket_proto proto;
	uint8_t address[16]; /* as on the wire; IPv4 in the first four */
	uint16_t port;       /* host order */
	uint32_t pid;        /* 0: not known */
};

/* Its address as text: "127.0.0.1", "fe80::1"; the interface of a link-local one is left out. */
void socket_address(const struct socket_row *r, struct buf *ret);

/* TCP sockets that listen and all UDP sockets, in no order; lives in a. */
int sockets_list(struct arena *a, const struct socket_row **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* A number that is another one when the set is another one, whatever its order. b: room to work in,
 * which is best kept for the next call. */
int sockets_mark(struct buf *b, uint64_t *ret, struct err *e) MUST_CHECK;

#endif
