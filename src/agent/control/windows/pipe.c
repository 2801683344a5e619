#include "agent/control/windows/pipe.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/windows/fault.h"

#define READ_BYTES ((DWORD)64 << 10)
#define WRITE_BYTES ((DWORD)64 << 10)
#define LENGTH sizeof(uint32_t)

struct pipe {
	HANDLE handle;
	size_t frame_max, in_max;
	struct buf out, in;
	size_t sent, at; /* of out, written; of in, used up */
	OVERLAPPED read, write;
	bool reads, writes; /* one is under way */
	DWORD writing;      /* its bytes */
	char room[64 << 10];
	char going[64 << 10]; /* out may move meanwhile */
};

struct pipe *pipe_new(HANDLE handle, size_t frame_max, size_t in_max)
{
	struct pipe *p = mem_new(sizeof *p);

	p->handle = handle;
	p->frame_max = frame_max;
	p->in_max = in_max;
	p->out = BUF_INIT((frame_max + LENGTH) * 5);
	p->in = BUF_INIT(in_max + LENGTH + READ_BYTES);
	p->read.hEvent = CreateEventW(NULL, TRUE, TRUE, NULL); /* set: the first read is to begin */
	p->write.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!p->read.hEvent || !p->write.hEvent)
		abort(); /* out of memory, see core/mem.h */
	return p;
}

/* The kernel writes into us until it is done. */
static void give_up(struct pipe *p, OVERLAPPED *o, bool under_way)
{
	DWORD n;

	if (under_way && (CancelIoEx(p->handle, o) || GetLastError() == ERROR_NOT_FOUND))
		(void)GetOverlappedResult(p->handle, o, &n, TRUE);
	CloseHandle(o->hEvent);
}

void pipe_free(struct pipe *p)
{
	if (!p)
		return;
	give_up(p, &p->read, p->reads);
	give_up(p, &p->write, p->writes);
	CloseHandle(p->handle);
	buf_done(&p->out);
	buf_done(&p->in);
	free(p);
}

void pipe_freep(struct pipe **p)
{
	pipe_free(*p);
	*p = NULL;
}

HANDLE pipe_handle(const struct pipe *p)
{
	return p->handle;
}

HANDLE pipe_readable(const struct pipe *p)
{
	return p->read.hEvent;
}

HANDLE pipe_writable(const struct pipe *p)
{
	return p->write.hEvent;
}

static bool is_end(DWORD code)
{
	return code == ERROR_BROKEN_PIPE || code == ERROR_PIPE_NOT_CONNECTED ||
	       code == ERROR_NO_DATA || code == ERROR_HANDLE_EOF;
}

static int failed(DWORD code, struct err *e)
{
	return is_end(code) ? err_set(e, ERR_CLOSED, "the other side of the pipe is gone")
			    : err_windows(e, code, "cannot use the pipe");
}

/* ---- in ---- */

static int begin_read(struct pipe *p, struct err *e)
{
	DWORD code;

	(void)ResetEvent(p->read.hEvent);
	if (ReadFile(p->handle, p->room, READ_BYTES, NULL, &p->read)) {
		p->reads = true; /* its event is set: taken at the next call */
		return 0;
	}
	code = GetLastError();
	if (code != ERROR_IO_PENDING)
		return failed(code, e);
	p->reads = true;
	return 0;
}

int pipe_fill(struct pipe *p, struct err *e)
{
	DWORD n = 0, code;

	if (!p->reads)
		return begin_read(p, e) < 0 ? e->code : 0;
	if (!GetOverlappedResult(p->handle, &p->read, &n, FALSE)) {
		code = GetLastError();
		if (code == ERROR_IO_INCOMPLETE)
			return 0;
		p->reads = false;
		return failed(code, e);
	}
	p->reads = false;
	if (p->at) {
		memmove(p->in.p, p->in.p + p->at, p->in.n - p->at);
		p->in.n -= p->at;
		p->at = 0;
	}
	buf_add(&p->in, p->room, n);
	if (p->in.full)
		return err_set(e, ERR_LIMIT, "more came through the pipe than was taken");
	return begin_read(p, e) < 0 && e->code != ERR_CLOSED ? e->code : 1;
}

int pipe_next(struct pipe *p, struct span *ret, struct err *e)
{
	size_t left = p->in.n - p->at;
	uint32_t n;

	if (left < LENGTH)
		return 0;
	memcpy(&n, p->in.p + p->at, LENGTH);
	if (n > p->in_max)
		return err_set(e, ERR_FORMAT, "a frame of %u bytes", (unsigned)n);
	if (left - LENGTH < n)
		return 0;
	*ret = span_from(p->in.p + p->at + LENGTH, n);
	p->at += LENGTH + n;
	return 1;
}

/* ---- out ---- */

size_t pipe_waiting(const struct pipe *p)
{
	return p->out.n - p->sent;
}

bool pipe_put(struct pipe *p, struct span frame)
{
	uint32_t n = (uint32_t)frame.n;

	if (frame.n > p->frame_max || pipe_waiting(p) > p->frame_max * 4)
		return false;
	if (p->sent) {
		memmove(p->out.p, p->out.p + p->sent, p->out.n - p->sent);
		p->out.n -= p->sent;
		p->sent = 0;
	}
	buf_add(&p->out, &n, LENGTH);
	buf_add_span(&p->out, frame);
	return true;
}

/* 1: nothing is under way; 0: it is. */
static int end_write(struct pipe *p, struct err *e)
{
	DWORD n = 0, code;

	if (!p->writes)
		return 1;
	if (GetOverlappedResult(p->handle, &p->write, &n, FALSE)) {
		p->writes = false;
		p->sent += n;
		(void)ResetEvent(p->write.hEvent);
		return 1;
	}
	code = GetLastError();
	if (code == ERROR_IO_INCOMPLETE)
		return 0;
	p->writes = false;
	return failed(code, e);
}

int pipe_flush(struct pipe *p, struct err *e)
{
	int rc;

	while ((rc = end_write(p, e)) > 0 && pipe_waiting(p)) {
		size_t n = pipe_waiting(p) < WRITE_BYTES ? pipe_waiting(p) : WRITE_BYTES;

		memcpy(p->going, p->out.p + p->sent, n);
		(void)ResetEvent(p->write.hEvent);
		if (!WriteFile(p->handle, p->going, (DWORD)n, NULL, &p->write) &&
			GetLastError() != ERROR_IO_PENDING)
			return failed(GetLastError(), e);
		p->writes = true;
	}
	return rc;
}

/* ---- the whole way ---- */

static int wait_for(HANDLE event, int ms, struct err *e)
{
	if (WaitForSingleObject(event, ms < 0 ? INFINITE : (DWORD)ms) == WAIT_OBJECT_0)
		return 0;
	return err_set(e, ERR_TIMEOUT, "nothing came through the pipe for %d ms", ms);
}

int pipe_flush_all(struct pipe *p, int ms, struct err *e)
{
	int rc;

	while ((rc = pipe_flush(p, e)) == 0)
		if (wait_for(p->write.hEvent, ms, e) < 0)
			return e->code;
	return rc < 0 ? rc : 0;
}

int pipe_wait(struct pipe *p, struct span *ret, int ms, struct err *e)
{
	int rc;

	while ((rc = pipe_next(p, ret, e)) == 0) {
		if (p->reads && wait_for(p->read.hEvent, ms, e) < 0)
			return e->code;
		if (pipe_fill(p, e) < 0)
			return e->code;
	}
	return rc < 0 ? rc : 0;
}
