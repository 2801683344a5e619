/* Folders: one ReadDirectoryChangesW for each base, none for a base below another, by one
 * completion port. What comes is a hint: it is filtered by the policy, and looked at again. */
#include "watch/windows/folders.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/windows/fault.h"
#include "watch/windows/rooms.h"

#define LOOK_MS 60000 /* for a base whose coming nothing tells of: a drive that is plugged in */
#define SETTLE_MS 100 /* what comes and goes together is one look */

static VOID CALLBACK wake(PVOID port, BOOLEAN timed_out)
{
	(void)timed_out;
	(void)PostQueuedCompletionStatus(port, 0, 0, NULL);
}

static struct listening *find(const struct folders *x, ULONG_PTR serial)
{
	struct listening *l = x->list;

	while (l && l->serial != serial)
		l = l->next;
	return l;
}

/* The folder is gone, or its drive: what was there is looked at, and waited for. */
static void end_listening(struct folders *x, struct listening *l)
{
	tell_path(x, span_of(l->path), true);
	listening_free(x, l);
	x->again = true;
}

/* Ask again first, then tell: what happens meanwhile is kept by Windows. */
static void take(struct folders *x, ULONG_PTR serial, bool good, DWORD n, DWORD code)
{
	struct listening *l = find(x, serial);

	if (!l)
		return;
	l->armed = false;
	if (!good && code != ERROR_NOTIFY_ENUM_DIR) {
		end_listening(x, l);
		return;
	}
	memcpy(x->heard, l->bytes, n < FOLDER_ROOM ? n : FOLDER_ROOM);
	if (!listening_arm(l)) {
		end_listening(x, l);
		return;
	}
	if (!good || n == 0)
		tell_loss(x, l);
	else
		tell_heard(x, l, n < FOLDER_ROOM ? n : FOLDER_ROOM);
}

static void listen_on(struct folders *x)
{
	while (WaitForSingleObject(hearing_end(x->h), 0) == WAIT_TIMEOUT) {
		DWORD n = 0, code = 0;
		ULONG_PTR serial = 0;
		OVERLAPPED *io = NULL;
		BOOL good = GetQueuedCompletionStatus(x->port, &n, &serial, &io,
			x->again ? SETTLE_MS : LOOK_MS);

		code = good ? 0 : GetLastError();
		if (io)
			take(x, serial, good, n, code);
		else if (!good)
			bases_look(x);
	}
}

static int begin(struct folders *x, HANDLE *ret_wait, struct err *e)
{
	x->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	if (!x->port)
		return err_windows(e, GetLastError(), "cannot make a completion port");
	if (!RegisterWaitForSingleObject(ret_wait, hearing_end(x->h), wake, x->port, INFINITE,
		    WT_EXECUTEONLYONCE))
		return err_windows(e, GetLastError(), "cannot wait for the end");
	return 0;
}

static void end(struct folders *x, HANDLE wait)
{
	while (x->list)
		listening_free(x, x->list);
	if (wait)
		(void)UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
	if (x->port)
		CloseHandle(x->port);
	free(x->heard);
	arena_free(x->arena);
}

static int run(struct hearing *h, struct err *e)
{
	struct folders x = { .h = h, .arena = arena_new(), .heard = mem_new(FOLDER_ROOM) };
	HANDLE wait = NULL;
	int rc;

	x.selector = policy_selector(hearing_policy(h));
	if (hearing_spare(h))
		x.spare = arena_copy(x.arena, span_of(hearing_spare(h)));
	bases_find(&x);
	rc = begin(&x, &wait, e);
	if (rc == 0 && x.n_wishes) {
		bases_look(&x);
		hear_ready(h);
		listen_on(&x);
	}
	end(&x, wait);
	return rc;
}

const struct hearing_room hearing_folders = { "folders", run };
