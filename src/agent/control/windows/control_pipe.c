/* Clients of the control pipe, in the loop. */
#include "agent/control/windows/control_pipe.h"

#include <stdlib.h>

#include "agent/control/connection.h"
#include "agent/control/windows/pipe.h"
#include "agent/log.h"
#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"
#include "os/person.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define BUFFER_BYTES ((DWORD)64 << 10)

/* ---- a connection ---- */

struct connection {
	struct pipe *pipe;
	struct loop *loop;
	struct loop_source *readable, *writable; /* writable: while something is being written */
	const struct connection_events *events;
	void *ctx;
};

static struct connection *connection_new(HANDLE h)
{
	struct connection *c = mem_new(sizeof *c);

	c->pipe = pipe_new(h, AGENT_FRAME_MAX, CONTROL_REQUEST_MAX);
	return c;
}

void connection_free(struct connection *c)
{
	loop_unhear(c->readable);
	loop_unhear(c->writable);
	pipe_free(c->pipe);
	free(c);
}

int connection_hear(struct connection *c, struct loop *loop, const struct connection_events *events,
	void *ctx, struct err *e)
{
	c->loop = loop;
	c->events = events;
	c->ctx = ctx;
	c->readable = loop_hear(loop, pipe_readable(c->pipe), events->readable, ctx);
	if (!c->readable)
		return err_set(e, ERR_LIMIT, "no place to hear of one more client");
	return 0;
}

int connection_fill(struct connection *c, struct err *e)
{
	return pipe_fill(c->pipe, e);
}

int connection_next(struct connection *c, struct span *ret, struct err *e)
{
	return pipe_next(c->pipe, ret, e);
}

bool connection_put(struct connection *c, struct span frame)
{
	return pipe_put(c->pipe, frame);
}

size_t connection_waiting(const struct connection *c)
{
	return pipe_waiting(c->pipe);
}

static void on_writable(void *ctx)
{
	struct connection *c = ctx;

	loop_unhear(c->writable);
	c->writable = NULL;
	c->events->writable(c->ctx);
}

int connection_flush(struct connection *c, struct err *e)
{
	int rc;

	if (c->writable)
		return 0; /* on_writable goes on */
	rc = pipe_flush(c->pipe, e);
	if (rc != 0)
		return rc;
	c->writable = loop_hear(c->loop, pipe_writable(c->pipe), on_writable, c);
	return c->writable ? 0 : err_set(e, ERR_LIMIT, "no place to hear of one more client");
}

/* ---- arriving ---- */

struct arrivals {
	struct control *control;
	struct loop *loop;
	wchar_t *name;
	HANDLE listening; /* an instance of the pipe that nobody has opened; NULL: all are taken */
	OVERLAPPED arrival;
	struct loop_source *arrives;
};

static void welcome(struct control *control, HANDLE h)
{
	AUTO(buf) by = BUF_INIT(4096);
	ULONG pid = 0;

	if (GetNamedPipeClientProcessId(h, &pid))
		person_of(&by, pid, 0);
	control_welcome(control, connection_new(h), PARTY_ROOT, buf_span(&by));
}

static void on_arrival(void *ctx)
{
	struct arrivals *a = ctx;
	HANDLE h = a->listening;
	bool there;
	DWORD n;

	a->listening = NULL;
	loop_unhear(a->arrives);
	a->arrives = NULL;
	there = GetOverlappedResult(h, &a->arrival, &n, FALSE);
	if (there)
		welcome(a->control, h);
	if (control_has_room(a->control))
		arrivals_room(a);
	if (!there) /* it came and went; closed last: while one is there nobody else can make ours
		     */
		CloseHandle(h);
}

/* Rather none than one for everybody. */
static HANDLE make_instance(const struct arrivals *a, bool first, struct err *e)
{
	AUTO_FREE(arena) memory = arena_new();
	SECURITY_ATTRIBUTES *security = guarded_attributes(memory, e);
	HANDLE h;

	if (!security)
		return NULL;
	h = CreateNamedPipeW(a->name,
		PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
			(first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
		PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
		CONTROL_PIPES_MAX + 1, BUFFER_BYTES, BUFFER_BYTES, 0, security);
	if (h != INVALID_HANDLE_VALUE)
		return h;
	if (first && (GetLastError() == ERROR_ACCESS_DENIED || GetLastError() == ERROR_PIPE_BUSY))
		(void)err_set(e, ERR_LOCKED, "another program listens at our control pipe");
	else
		(void)err_windows(e, GetLastError(), "cannot make the control pipe");
	return NULL;
}

static int hear_arrival(struct arrivals *a, bool first, struct err *e)
{
	HANDLE h = make_instance(a, first, e);

	if (!h)
		return e->code;
	ResetEvent(a->arrival.hEvent);
	a->arrival = (OVERLAPPED){ .hEvent = a->arrival.hEvent };
	a->listening = h;
	/* NO_DATA: one came and went already; reading from it tells */
	if (ConnectNamedPipe(h, &a->arrival) || GetLastError() == ERROR_PIPE_CONNECTED ||
		GetLastError() == ERROR_NO_DATA)
		SetEvent(a->arrival.hEvent);
	a->arrives = loop_hear(a->loop, a->arrival.hEvent, on_arrival, a);
	return 0;
}

void arrivals_room(struct arrivals *a)
{
	struct err e;

	if (!a->listening && hear_arrival(a, false, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
}

void arrivals_free(struct arrivals *a)
{
	DWORD n;

	if (a->listening) {
		loop_unhear(a->arrives);
		if (CancelIoEx(a->listening, &a->arrival))
			(void)GetOverlappedResult(a->listening, &a->arrival, &n, TRUE);
		CloseHandle(a->listening);
	}
	CloseHandle(a->arrival.hEvent);
	free(a->name);
	free(a);
}

int control_pipe_new(struct control **ret, struct loop *loop, const char *name,
	const struct control_handlers *handlers, struct err *e)
{
	AUTO_FREE(arena) memory = arena_new();
	struct arrivals *a = mem_new(sizeof *a);
	AUTO_FREE(control) c = control_new(loop, handlers, CONTROL_PIPES_MAX, a);

	a->control = c;
	a->loop = loop;
	a->name = _wcsdup(wide_from_text(memory, span_of(name), NULL));
	a->arrival.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!a->name || !a->arrival.hEvent)
		abort(); /* out of memory, see core/mem.h */
	if (hear_arrival(a, true, e) < 0)
		return e->code;
	*ret = c;
	c = NULL;
	return 0;
}
