#include "host/windows/sockets.h"

#include <winsock2.h>
#include <ws2tcpip.h>

/* behind winsock2.h, of which they include nothing */
#include <iphlpapi.h>

#include "core/attr.h"
#include "core/buf.h"
#include "os/windows/fault.h"

#define TABLE_BYTES ((size_t)32 << 20)
#define FIRST_BYTES 8192
#define ROUNDS_MAX 16

const char *const socket_proto_names[] = { "tcp", "tcp6", "udp", "udp6", NULL };
_Static_assert(ARRAY_LEN(socket_proto_names) == SOCKET_PROTO_N + 1,
	"every socket_proto needs a name");

void socket_address(const struct socket_row *r, struct buf *ret)
{
	bool v6 = r->proto == SOCKET_TCP6 || r->proto == SOCKET_UDP6;
	char text[INET6_ADDRSTRLEN] = "";

	if (inet_ntop(v6 ? AF_INET6 : AF_INET, r->address, text, sizeof text))
		buf_add_text(ret, text);
}

static DWORD ask(enum socket_proto proto, void *at, DWORD *bytes)
{
	ULONG family = proto == SOCKET_TCP6 || proto == SOCKET_UDP6 ? AF_INET6 : AF_INET;

	if (proto == SOCKET_UDP || proto == SOCKET_UDP6)
		return GetExtendedUdpTable(at, bytes, FALSE, family, UDP_TABLE_OWNER_PID, 0);
	return GetExtendedTcpTable(at, bytes, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
}

/* The table grows between two calls. */
static int table(enum socket_proto proto, struct buf *b, struct err *e)
{
	DWORD bytes = FIRST_BYTES, code = ERROR_INSUFFICIENT_BUFFER;

	for (unsigned i = 0; i < ROUNDS_MAX && code == ERROR_INSUFFICIENT_BUFFER; i++) {
		char *at;

		buf_clear(b);
		at = buf_room(b, bytes);
		if (!at)
			return err_set(e, ERR_LIMIT, "more sockets than can be listed");
		b->n = bytes;
		code = ask(proto, at, &bytes);
		bytes += 16384;
	}
	/* Without IPv6 there is no such table. */
	if (code == ERROR_NOT_SUPPORTED || code == ERROR_INVALID_PARAMETER) {
		memset(b->p, 0, sizeof(DWORD));
		return 0;
	}
	return code ? err_windows(e, code, "cannot list %s sockets", socket_proto_names[proto]) : 0;
}

static struct socket_row row4(enum socket_proto proto, DWORD address, DWORD port, DWORD pid)
{
	struct socket_row r = { .proto = proto, .port = ntohs((u_short)port), .pid = pid };

	memcpy(r.address, &address, sizeof address);
	return r;
}

static struct socket_row row6(enum socket_proto proto, const UCHAR *address, DWORD port, DWORD pid)
{
	struct socket_row r = { .proto = proto, .port = ntohs((u_short)port), .pid = pid };

	memcpy(r.address, address, sizeof r.address);
	return r;
}

static struct socket_row row(enum socket_proto proto, const void *table, size_t i)
{
	const MIB_TCPTABLE_OWNER_PID *tcp = table;
	const MIB_TCP6TABLE_OWNER_PID *tcp6 = table;
	const MIB_UDPTABLE_OWNER_PID *udp = table;
	const MIB_UDP6TABLE_OWNER_PID *udp6 = table;

	switch (proto) {
	case SOCKET_TCP:
		return row4(proto, tcp->table[i].dwLocalAddr, tcp->table[i].dwLocalPort,
			tcp->table[i].dwOwningPid);
	case SOCKET_TCP6:
		return row6(proto, tcp6->table[i].ucLocalAddr, tcp6->table[i].dwLocalPort,
			tcp6->table[i].dwOwningPid);
	case SOCKET_UDP:
		return row4(proto, udp->table[i].dwLocalAddr, udp->table[i].dwLocalPort,
			udp->table[i].dwOwningPid);
	default:
		return row6(proto, udp6->table[i].ucLocalAddr, udp6->table[i].dwLocalPort,
			udp6->table[i].dwOwningPid);
	}
}

static int each(struct buf *b, void (*take)(void *ctx, const struct socket_row *r), void *ctx,
	struct err *e)
{
	for (enum socket_proto p = 0; p < SOCKET_PROTO_N; p++) {
		DWORD n;

		if (table(p, b, e) < 0)
			return e->code;
		memcpy(&n, b->p, sizeof n);
		if (n > SOCKETS_MAX)
			return err_set(e, ERR_LIMIT, "more than %u %s sockets", SOCKETS_MAX,
				socket_proto_names[p]);
		for (DWORD i = 0; i < n; i++) {
			struct socket_row r = row(p, b->p, i);

			take(ctx, &r);
		}
	}
	return 0;
}

static void take_row(void *ctx, const struct socket_row *r)
{
	buf_add(ctx, r, sizeof *r);
}

int sockets_list(struct arena *a, const struct socket_row **ret, size_t *ret_n, struct err *e)
{
	AUTO(buf) b = BUF_INIT(TABLE_BYTES);
	AUTO(buf) rows = BUF_INIT(SOCKETS_MAX * SOCKET_PROTO_N * sizeof(struct socket_row));

	if (each(&b, take_row, &rows, e) < 0)
		return e->code;
	*ret_n = rows.n / sizeof **ret;
	*ret = (const void *)arena_copy(a, buf_span(&rows)).p;
	return 0;
}

/* The sum of what each one hashes to. */
static void take_mark(void *ctx, const struct socket_row *r)
{
	uint64_t h = (uint64_t)r->proto << 48 ^ (uint64_t)r->port << 32 ^ r->pid;

	for (size_t i = 0; i < sizeof r->address; i++)
		h = (h ^ r->address[i]) * UINT64_C(0x9e3779b97f4a7c15);
	*(uint64_t *)ctx += h ^ h >> 29;
}

int sockets_mark(struct buf *b, uint64_t *ret, struct err *e)
{
	uint64_t sum = 0;

	if (each(b, take_mark, &sum, e) < 0)
		return e->code;
	*ret = sum;
	return 0;
}
