/* Syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425); what is sent is made as on Linux
 * (link/batch.c).
 *
 * A datagram is gone once the system has it: nobody acknowledges it. Over TCP the system is told to
 * keep nothing of ours (SO_SNDBUF 0): then a WSASend is over when the other side's system has
 * acknowledged all of it. Under Wine it is over when the system has it. */
#include <stdlib.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "agent/sinks/windows/carrier.h"
#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/tls.h"
#include "os/windows/wide.h"

#define PIECE ((size_t)1 << 20) /* of one WSASend */

struct wire {
	struct arena *arena;
	const char *host;
	unsigned port;
	bool datagrams;
	struct tls *tls;             /* NULL: as it is */
	SOCKET socket;               /* INVALID_SOCKET: not connected */
	HANDLE cancelled, connected; /* events, by hand */
	HANDLE moved;                /* an event, by hand; of the OVERLAPPED */
};

static int broken(const struct wire *w, DWORD code, struct err *e)
{
	return err_windows(e, code, "%.200s:%u", w->host, w->port);
}

static void disconnect(struct wire *w)
{
	if (w->socket != INVALID_SOCKET)
		closesocket(w->socket);
	w->socket = INVALID_SOCKET;
}

/* ---- connecting ---- */

/* 0: it is connected, or the error's code. Where it is to be heard of, it is waited for. */
static DWORD wait_connected(const struct wire *w, SOCKET s)
{
	const HANDLE waits[] = { w->cancelled, w->connected };
	WSANETWORKEVENTS events;

	if (WaitForMultipleObjects(ARRAY_LEN(waits), waits, FALSE, INFINITE) == WAIT_OBJECT_0)
		return WSA_OPERATION_ABORTED;
	if (WSAEnumNetworkEvents(s, w->connected, &events) != 0)
		return (DWORD)WSAGetLastError();
	return (DWORD)events.iErrorCode[FD_CONNECT_BIT];
}

static DWORD connect_to(const struct wire *w, SOCKET s, const ADDRINFOW *a)
{
	DWORD code = 0;

	ResetEvent(w->connected);
	if (!w->datagrams && WSAEventSelect(s, w->connected, FD_CONNECT) != 0)
		return (DWORD)WSAGetLastError();
	if (connect(s, a->ai_addr, (int)a->ai_addrlen) != 0)
		code = (DWORD)WSAGetLastError();
	if (code == WSAEWOULDBLOCK)
		code = wait_connected(w, s);
	(void)WSAEventSelect(s, NULL, 0);
	return code;
}

/* Of a stream: it is to wait for acknowledgements, and to notice who is gone. */
static void set_stream(SOCKET s)
{
	const int none = 0, yes = 1;
	u_long blocking = 0;

	(void)setsockopt(s, SOL_SOCKET, SO_SNDBUF, (const char *)&none, sizeof none);
	(void)setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (const char *)&yes, sizeof yes);
	(void)ioctlsocket(s, (long)FIONBIO, &blocking);
}

static DWORD try_address(struct wire *w, const ADDRINFOW *a)
{
	SOCKET s = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
	DWORD code;

	if (s == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	code = connect_to(w, s, a);
	if (code) {
		closesocket(s);
		return code;
	}
	if (!w->datagrams)
		set_stream(s);
	w->socket = s;
	return 0;
}

static int reach(struct wire *w, struct err *e)
{
	const ADDRINFOW hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = w->datagrams ? SOCK_DGRAM : SOCK_STREAM };
	AUTO_FREE(arena) a = arena_new();
	ADDRINFOW *list = NULL;
	DWORD code = WSAHOST_NOT_FOUND;

	if (GetAddrInfoW(wide_from_text(a, span_of(w->host), NULL),
		    wide_from_text(a, span_of(arena_format(a, "%u", w->port)), NULL), &hints,
		    &list) != 0)
		return err_set(e, ERR_SYSTEM, "%.200s:%u: the name cannot be resolved", w->host,
			w->port);
	for (const ADDRINFOW *x = list; x && code && code != WSA_OPERATION_ABORTED; x = x->ai_next)
		code = try_address(w, x);
	FreeAddrInfoW(list);
	return code ? broken(w, code, e) : 0;
}

/* What the other side says nobody wants to know; that it closed the connection is another matter.
 */
static bool is_closed(SOCKET s)
{
	TIMEVAL none = { 0, 0 };
	char bytes[4096];
	int n = 1;

	while (n > 0) {
		fd_set set = { .fd_count = 1, .fd_array = { s } };

		if (select(0, &set, NULL, NULL, &none) <= 0)
			return false;
		n = recv(s, bytes, sizeof bytes, 0);
	}
	return true;
}

/* ---- sending ---- */

/* Some bytes out or in; in: 0 of them when the other side has ended the connection. */
static DWORD move(const struct wire *w, bool in, WSABUF b, size_t *ret)
{
	const HANDLE waits[] = { w->cancelled, w->moved };
	OVERLAPPED at = { .hEvent = w->moved };
	DWORD n = 0, flags = 0;
	bool cancelled;

	ResetEvent(w->moved);
	if ((in ? WSARecv(w->socket, &b, 1, NULL, &flags, &at, NULL)
		: WSASend(w->socket, &b, 1, NULL, 0, &at, NULL)) != 0 &&
		WSAGetLastError() != WSA_IO_PENDING)
		return (DWORD)WSAGetLastError();
	cancelled =
		WaitForMultipleObjects(ARRAY_LEN(waits), waits, FALSE, INFINITE) == WAIT_OBJECT_0;
	if (cancelled)
		(void)CancelIoEx((HANDLE)w->socket, &at);
	if (!WSAGetOverlappedResult(w->socket, &at, &n, TRUE, &flags))
		return (DWORD)WSAGetLastError();
	*ret = n;
	return cancelled ? WSA_OPERATION_ABORTED : 0;
}

/* A datagram is one piece, whatever it is. */
static int send_all(void *at, struct span rest, struct err *e)
{
	const struct wire *w = at;

	while (rest.n) {
		size_t n = 0, piece = rest.n < PIECE ? rest.n : PIECE;
		WSABUF b = { (ULONG)piece, (char *)(uintptr_t)rest.p };
		DWORD code = move(w, false, b, &n);

		if (code || n == 0)
			return broken(w, code ? code : WSAECONNRESET, e);
		rest = span_from_offset(rest, w->datagrams ? rest.n : n);
	}
	return 0;
}

static int receive_some(void *at, char *to, size_t most, size_t *ret, struct err *e)
{
	const struct wire *w = at;
	WSABUF b = { (ULONG)most, to };
	DWORD code = move(w, true, b, ret);

	return code ? broken(w, code, e) : 0;
}

static struct tls_pipe pipe_of(struct wire *w)
{
	return (struct tls_pipe){ w, send_all, receive_some };
}

static int seal(struct wire *w, struct err *e)
{
	const struct tls_pipe pipe = pipe_of(w);

	if (!w->tls || tls_connect(w->tls, &pipe, e) == 0)
		return 0;
	disconnect(w);
	return e->code;
}

static int send_stream(struct wire *w, struct span all, struct err *e)
{
	const struct tls_pipe pipe = pipe_of(w);

	return w->tls ? tls_send(w->tls, &pipe, all, e) : send_all(w, all, e);
}

static int send_datagrams(struct wire *w, const struct parcel *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t from = i ? p->ends[i - 1] : 0;

		if (send_all(w, span_from(p->body.p + from, p->ends[i] - from), e) < 0)
			return e->code;
	}
	return 0;
}

/* ---- the carrier ---- */

static void close_wire(void *at)
{
	struct wire *w = at;
	const HANDLE events[] = { w->cancelled, w->connected, w->moved };

	disconnect(w);
	tls_close(w->tls);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (events[i])
			CloseHandle(events[i]);
	WSACleanup();
	arena_freep(&w->arena);
	free(w);
}

static int open_wire(void **ret, const struct route *r, struct err *e)
{
	struct wire *w;
	WSADATA ignored;
	int code = WSAStartup(MAKEWORD(2, 2), &ignored);

	if (code)
		return err_windows(e, (DWORD)code, "there are no sockets");
	w = mem_new(sizeof *w);
	w->arena = arena_new();
	w->host = arena_text(w->arena, span_of(r->host));
	w->port = r->port;
	w->datagrams = r->transport == TRANSPORT_UDP;
	w->socket = INVALID_SOCKET;
	w->cancelled = CreateEventW(NULL, TRUE, FALSE, NULL);
	w->connected = CreateEventW(NULL, TRUE, FALSE, NULL);
	w->moved = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!w->cancelled || !w->connected || !w->moved) {
		close_wire(w);
		return err_set(e, ERR_SYSTEM, "cannot make an event");
	}
	if (r->transport == TRANSPORT_TLS &&
		tls_open(&w->tls, r->server_name ? r->server_name : r->host, r->ca, e) < 0) {
		close_wire(w);
		return e->code;
	}
	*ret = w;
	return 0;
}

static int carry_wire(void *at, const struct parcel *p, struct err *e)
{
	struct wire *w = at;

	if (w->socket != INVALID_SOCKET && !w->datagrams && is_closed(w->socket))
		disconnect(w);
	if (w->socket == INVALID_SOCKET && (reach(w, e) < 0 || seal(w, e) < 0))
		return e->code;
	return w->datagrams ? send_datagrams(w, p, e) : send_stream(w, buf_span(&p->body), e);
}

static void cancel_wire(void *at)
{
	SetEvent(((struct wire *)at)->cancelled);
}

static const struct carrier wire = { open_wire, NULL, carry_wire, cancel_wire, close_wire };

static void send_syslog(struct lane *l)
{
	carrier_send(l, &wire);
}

const struct sink sink_syslog = { send_syslog, carrier_stop };
