/* A route to: file. A share that hangs keeps its thread, not the other routes. */
#include <stdlib.h>
#include <windows.h>

#include "agent/sinks/file_write.h"
#include "agent/sinks/windows/carrier.h"
#include "core/mem.h"

struct file_at {
	struct arena *arena;
	struct file_target to;
	SRWLOCK lock;  /* of what follows */
	HANDLE thread; /* at work; NULL: none is */
	bool cancelled;
};

static int open_target(void **ret, const struct route *r, struct err *e)
{
	struct file_at *x = mem_new(sizeof *x);

	(void)e; /* what can fail fails when it is written to */
	x->arena = arena_new();
	x->to = (struct file_target){ arena_text(x->arena, span_of(r->path)), r->rotate_size,
		r->rotate_count };
	InitializeSRWLock(&x->lock);
	*ret = x;
	return 0;
}

/* false: it was cancelled before it began. */
static bool begin(struct file_at *x)
{
	bool go;

	AcquireSRWLockExclusive(&x->lock);
	go = !x->cancelled &&
	     DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
		     &x->thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
	ReleaseSRWLockExclusive(&x->lock);
	return go;
}

static void end(struct file_at *x)
{
	AcquireSRWLockExclusive(&x->lock);
	CloseHandle(x->thread);
	x->thread = NULL;
	ReleaseSRWLockExclusive(&x->lock);
}

static int carry_lines(void *at, const struct parcel *p, struct err *e)
{
	struct file_at *x = at;
	const struct file_lines lines = { p->body.p, p->ends, p->n };
	struct err why;
	int rc;

	if (!begin(x)) {
		(void)err_set(e, ERR_TIMEOUT, "'%.200s': not begun", x->to.path);
		return -1;
	}
	rc = file_write_lines(&x->to, &lines, &why);
	end(x);
	if (rc == 0)
		return 0;
	(void)err_set(e, why.code, "'%.150s': %.100s", x->to.path, why.text);
	return 1;
}

/* What waits is interrupted; what cannot be stays behind, and its route with it. */
static void cancel_lines(void *at)
{
	struct file_at *x = at;

	AcquireSRWLockExclusive(&x->lock);
	x->cancelled = true;
	if (x->thread)
		(void)CancelSynchronousIo(x->thread);
	ReleaseSRWLockExclusive(&x->lock);
}

static void close_target(void *at)
{
	struct file_at *x = at;

	arena_freep(&x->arena);
	free(x);
}

static const struct carrier file = { open_target, NULL, carry_lines, cancel_lines, close_target };

static void send_file(struct lane *l)
{
	carrier_send(l, &file);
}

const struct sink sink_file = { send_file, carrier_stop };
