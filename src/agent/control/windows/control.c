/* Clients of the control pipe, in the loop. */
#include "agent/control/control.h"

#include <stdlib.h>

#include "agent/control/windows/control_pipe.h"
#include "agent/control/windows/pipe.h"
#include "agent/log.h"
#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"
#include "os/person.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define WAITING_MAX ((size_t)16 << 20) /* more, and who does not read is dropped */
#define REQUEST_MAX ((size_t)1 << 20)
#define ASKED_MAX 16
#define IDLE_NS INT64_C(60000000000)    /* who asks nothing for so long is dropped */
#define STALLED_NS INT64_C(30000000000) /* … and who reads nothing */
#define BUFFER_BYTES ((DWORD)64 << 10)

struct client {
	struct control *control;
	uint64_t id; /* 0: the place is free */
	struct pipe *pipe;
	struct loop_source *readable, *writable;
	struct timer *idle, *stalled;
	bool follows;
	unsigned asked; /* and not answered */
	struct buf by;
};

struct control {
	struct loop *loop;
	struct control_handlers handlers;
	wchar_t *name;
	HANDLE listening; /* an instance of the pipe that nobody has opened; NULL: all are taken */
	OVERLAPPED arrival;
	struct loop_source *arrives;
	uint64_t next_id;
	size_t n_follow;
	struct client clients[CONTROL_PIPES_MAX];
};

static int listen_again(struct control *control, bool first, struct err *e);

/* ---- clients ---- */

static void drop(struct client *c)
{
	struct control *control = c->control;
	struct err e;

	if (!c->id)
		return;
	loop_unhear(c->readable);
	loop_unhear(c->writable);
	timer_free(c->idle);
	timer_free(c->stalled);
	pipe_free(c->pipe);
	buf_done(&c->by);
	if (c->follows)
		control->n_follow--;
	*c = (struct client){ .control = control };
	if (!control->listening && listen_again(control, false, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
}

static void flush(struct client *c);

static void on_writable(void *ctx)
{
	struct client *c = ctx;

	loop_unhear(c->writable);
	c->writable = NULL;
	timer_stop(c->stalled);
	flush(c);
}

static void flush(struct client *c)
{
	struct err e;
	int rc = c->writable ? 1 : pipe_flush(c->pipe, &e);

	if (rc == 0) {
		c->writable = loop_hear(c->control->loop, pipe_writable(c->pipe), on_writable, c);
		timer_start(c->stalled, STALLED_NS);
	}
	if (rc < 0 || (rc == 0 && !c->writable))
		drop(c);
}

static void on_stalled(void *ctx)
{
	drop(ctx);
}

static void on_idle(void *ctx)
{
	struct client *c = ctx;

	if (c->asked)
		timer_start(c->idle, IDLE_NS);
	else if (!c->follows)
		drop(c);
}

/* False: the client is gone. */
static bool send_frame(struct client *c, struct span frame)
{
	uint64_t id = c->id;

	if (pipe_waiting(c->pipe) > WAITING_MAX || !pipe_put(c->pipe, frame)) {
		drop(c);
		return false;
	}
	flush(c);
	return c->id == id;
}

static bool answer(struct client *c, int code, struct span text)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	agent_encode(&(struct agent_message){ .type = AGENT_ANSWER, .code = code, .text = text },
		&frame);
	if (frame.full) {
		buf_clear(&frame);
		agent_encode(&(struct agent_message){ .type = AGENT_ANSWER,
				     .code = ERR_LIMIT,
				     .text = span_of("the answer is too long") },
			&frame);
	}
	return send_frame(c, buf_span(&frame));
}

/* False: the client is gone. */
static bool take(struct client *c, struct span frame)
{
	AUTO_FREE(arena) a = arena_new();
	struct control *control = c->control;
	uint64_t id = c->id;
	struct agent_message m;
	struct err e = { 0 };

	if (agent_decode(frame, PARTY_ROOT, PARTY_COLLECTOR, a, &m, &e) < 0 ||
		(c->asked == ASKED_MAX &&
			err_set(&e, ERR_LIMIT, "more than %d requests wait", ASKED_MAX) < 0)) {
		if (answer(c, e.code, span_of(e.text)))
			drop(c);
		return false;
	}
	timer_start(c->idle, IDLE_NS);
	if (m.type == AGENT_FOLLOW) {
		control->n_follow += !c->follows;
		c->follows = true;
		return answer(c, 0, span_of("following"));
	}
	c->asked++;
	control->handlers.asked(control->handlers.ctx, id, &m, buf_span(&c->by));
	return c->id == id;
}

static void on_readable(void *ctx)
{
	struct client *c = ctx;
	struct span frame;
	struct err e;
	int rc = pipe_fill(c->pipe, &e);

	while (rc >= 0 && (rc = pipe_next(c->pipe, &frame, &e)) > 0)
		if (!take(c, frame))
			return;
	if (rc < 0)
		drop(c);
}

static struct client *free_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_PIPES_MAX; i++)
		if (!control->clients[i].id)
			return &control->clients[i];
	return NULL;
}

static void welcome(struct control *control, HANDLE h)
{
	struct client *c = free_place(control);
	ULONG pid = 0;

	if (!c) {
		CloseHandle(h);
		return;
	}
	*c = (struct client){ .control = control, .by = { .max = 4096 } };
	c->id = control->next_id++;
	c->pipe = pipe_new(h, AGENT_FRAME_MAX, REQUEST_MAX);
	c->idle = timer_new(control->loop, on_idle, c);
	c->stalled = timer_new(control->loop, on_stalled, c);
	if (GetNamedPipeClientProcessId(h, &pid))
		person_of(&c->by, pid, 0);
	c->readable = loop_hear(control->loop, pipe_readable(c->pipe), on_readable, c);
	if (!c->readable)
		drop(c);
	else
		timer_start(c->idle, IDLE_NS);
}

/* ---- the pipe ---- */

static void on_arrival(void *ctx)
{
	struct control *control = ctx;
	HANDLE h = control->listening;
	struct err e;
	DWORD n;

	control->listening = NULL;
	loop_unhear(control->arrives);
	control->arrives = NULL;
	if (GetOverlappedResult(h, &control->arrival, &n, FALSE))
		welcome(control, h);
	else
		CloseHandle(h); /* it came and went */
	if (!control->listening && free_place(control) && listen_again(control, false, &e) < 0)
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
}

/* Rather none than one for everybody. */
static HANDLE make_instance(const struct control *control, bool first, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	SECURITY_ATTRIBUTES *security = guarded_attributes(a, e);
	HANDLE h;

	if (!security)
		return NULL;
	h = CreateNamedPipeW(control->name,
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

static int listen_again(struct control *control, bool first, struct err *e)
{
	HANDLE h = make_instance(control, first, e);

	if (!h)
		return e->code;
	ResetEvent(control->arrival.hEvent);
	control->listening = h;
	if (ConnectNamedPipe(h, &control->arrival) || GetLastError() == ERROR_PIPE_CONNECTED)
		SetEvent(control->arrival.hEvent);
	control->arrives = loop_hear(control->loop, control->arrival.hEvent, on_arrival, control);
	return 0;
}

/* ---- the door ---- */

int control_pipe_new(struct control **ret, struct loop *loop, const char *name,
	const struct control_handlers *handlers, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO_FREE(control) c = mem_new(sizeof *c);

	*c = (struct control){ .loop = loop, .handlers = *handlers, .next_id = 1 };
	c->name = _wcsdup(wide_from_text(a, span_of(name), NULL));
	c->arrival.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	for (size_t i = 0; i < CONTROL_PIPES_MAX; i++)
		c->clients[i].control = c;
	if (!c->name || !c->arrival.hEvent)
		abort(); /* out of memory, see core/mem.h */
	if (listen_again(c, true, e) < 0)
		return e->code;
	*ret = c;
	c = NULL;
	return 0;
}

static void stop_listening(struct control *c)
{
	DWORD n;

	if (!c->listening)
		return;
	loop_unhear(c->arrives);
	if (CancelIoEx(c->listening, &c->arrival))
		(void)GetOverlappedResult(c->listening, &c->arrival, &n, TRUE);
	CloseHandle(c->listening);
}

void control_free(struct control *c)
{
	if (!c)
		return;
	stop_listening(c);
	c->listening = INVALID_HANDLE_VALUE; /* nobody is to listen again */
	for (size_t i = 0; i < CONTROL_PIPES_MAX; i++)
		drop(&c->clients[i]);
	CloseHandle(c->arrival.hEvent);
	free(c->name);
	free(c);
}

void control_freep(struct control **c)
{
	control_free(*c);
	*c = NULL;
}

void control_answer(struct control *control, uint64_t client, int code, struct span text)
{
	for (size_t i = 0; client && i < CONTROL_PIPES_MAX; i++) {
		struct client *c = &control->clients[i];

		if (c->id != client)
			continue;
		c->asked -= c->asked > 0;
		(void)answer(c, code, text);
		return;
	}
}

void control_records(struct control *control, const struct agent_record *records, size_t n)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	if (!control->n_follow || !n)
		return;
	agent_encode(&(struct agent_message){ .type = AGENT_RECORDS,
			     .records = records,
			     .n_records = n },
		&frame);
	for (size_t i = 0; i < CONTROL_PIPES_MAX; i++)
		if (control->clients[i].id && control->clients[i].follows)
			(void)send_frame(&control->clients[i], buf_span(&frame));
}

bool control_is_followed(const struct control *c)
{
	return c->n_follow > 0;
}
