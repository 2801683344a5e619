/* Programs that start and end, sockets that open and close: their lists are looked at in quick
 * succession, and only a list that is another one is a hint. What lives shorter than that is not
 * seen (ETW would tell of it). */
#include <windows.h>
#include <winternl.h>

#include "core/attr.h"
#include "core/buf.h"
#include "host/windows/sockets.h"
#include "os/clock.h"
#include "os/windows/system.h"
#include "watch/windows/declared.h"
#include "watch/windows/rooms.h"

#define TICK_MS 1000
#define CALM_MS 2000  /* between two looks when nothing was new … */
#define CALM_LOOKS 30 /* … in so many */
#define DEPTH_MAX 4   /* of processes of ours that start others */
#define LIST_BYTES ((size_t)64 << 20)

#define UNSEEN "what starts and ends within a second (two, in calm times) is not seen"
#define WHO "Windows does not say who did it"

struct lists {
	struct buf processes, sockets; /* kept from one look to the next */
	wchar_t own[MAX_PATH];         /* the name of our program */
	size_t n_own;                  /* in units */
};

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* ---- the list of processes ---- */

static const SYSTEM_PROCESS_INFORMATION *next_row(const SYSTEM_PROCESS_INFORMATION *r)
{
	if (r->NextEntryOffset == 0)
		return NULL;
	return (const void *)((const char *)r + r->NextEntryOffset);
}

static bool is_named(const SYSTEM_PROCESS_INFORMATION *r, const wchar_t *name, size_t n)
{
	return r->ImageName.Buffer && r->ImageName.Length == n * sizeof *name &&
	       _wcsnicmp(r->ImageName.Buffer, name, n) == 0;
}

static const SYSTEM_PROCESS_INFORMATION *row_of(const SYSTEM_PROCESS_INFORMATION *first, HANDLE id)
{
	for (const SYSTEM_PROCESS_INFORMATION *r = first; r; r = next_row(r))
		if (r->UniqueProcessId == id)
			return r;
	return NULL;
}

/* This process, and what it started, that is called as it is: scans begin and end processes all the
 * time. The name alone is anybody's. A parent's number may have been used again since: the parent
 * that counts is the older one. */
static bool is_ours(const struct lists *l, const SYSTEM_PROCESS_INFORMATION *first,
	const SYSTEM_PROCESS_INFORMATION *r)
{
	HANDLE self = (HANDLE)(uintptr_t)GetCurrentProcessId();

	for (unsigned depth = 0; r && depth < DEPTH_MAX; depth++) {
		const SYSTEM_PROCESS_INFORMATION *parent;

		if (r->UniqueProcessId == self)
			return true;
		if (!is_named(r, l->own, l->n_own))
			return false;
		parent = row_of(first, r->InheritedFromUniqueProcessId);
		if (parent && parent->CreateTime.QuadPart > r->CreateTime.QuadPart)
			return false;
		r = parent;
	}
	return false;
}

/* Which Windows starts beside a program of the console. */
static bool is_own_console(const struct lists *l, const SYSTEM_PROCESS_INFORMATION *first,
	const SYSTEM_PROCESS_INFORMATION *r)
{
	static const wchar_t console[] = L"conhost.exe";

	if (!is_named(r, console, ARRAY_LEN(console) - 1))
		return false;
	r = row_of(first, r->InheritedFromUniqueProcessId);
	return r && is_ours(l, first, r);
}

/* The sum of what each process hashes to: a number that is used again has another time. */
static int processes_mark(struct lists *l, uint64_t *ret, struct err *e)
{
	const SYSTEM_PROCESS_INFORMATION *first;

	*ret = 0;
	if (system_ask(&l->processes, SYSTEM_PROCESSES, "processes", e) < 0)
		return e->code;
	first = (const void *)l->processes.p;
	for (const SYSTEM_PROCESS_INFORMATION *r = first; r; r = next_row(r))
		if (!is_ours(l, first, r) && !is_own_console(l, first, r))
			*ret += mix(mix(0, (uintptr_t)r->UniqueProcessId),
				(uint64_t)r->CreateTime.QuadPart);
	return 0;
}

static void own_name(struct lists *l)
{
	wchar_t path[MAX_PATH];
	DWORD n = GetModuleFileNameW(NULL, path, MAX_PATH), from = n;

	while (from > 0 && path[from - 1] != L'\\')
		from--;
	if (n == MAX_PATH) /* cut: no name of a program is so long */
		return;
	l->n_own = n - from;
	memcpy(l->own, path + from, l->n_own * sizeof *l->own);
}

/* ---- kinds and what they are told by ---- */

struct means_of {
	struct declared kinds[KIND_IDS];
	size_t n;
	const char *name;
};

static void tell(struct hearing *h, const struct means_of *m)
{
	for (size_t i = 0; i < m->n; i++)
		hear_means(h, &(struct means){ .kind = m->kinds[i].kind,
				      .name = span_of(m->name),
				      .in_force = true,
				      .text = span_of(UNSEEN) });
}

static void hint(struct hearing *h, const struct means_of *m)
{
	for (size_t i = 0; i < m->n; i++)
		hear_hint(h, &(struct hint){ .kind = m->kinds[i].kind,
				     .time = clock_now(),
				     .why = span_of(WHO) });
}

/* 1: a list is another one than it was. */
static int look(struct hearing *h, struct lists *l, const struct means_of *programs,
	const struct means_of *sockets, uint64_t was[2], struct err *e)
{
	uint64_t now[2] = { 0, 0 };
	bool news;

	if (programs->n && processes_mark(l, &now[0], e) < 0)
		return e->code;
	if (sockets->n && sockets_mark(&l->sockets, &now[1], e) < 0)
		return e->code;
	if (h && now[0] != was[0])
		hint(h, programs);
	if (h && now[1] != was[1])
		hint(h, sockets);
	news = now[0] != was[0] || now[1] != was[1];
	was[0] = now[0];
	was[1] = now[1];
	return news;
}

static int watch(struct hearing *h, struct lists *l, const struct means_of *programs,
	const struct means_of *sockets, struct err *e)
{
	uint64_t was[2] = { 0, 0 };
	unsigned calm = 0;

	if (look(NULL, l, programs, sockets, was, e) < 0)
		return e->code;
	tell(h, programs);
	tell(h, sockets);
	hear_ready(h);
	while (WaitForSingleObject(hearing_end(h), calm < CALM_LOOKS ? TICK_MS : CALM_MS) ==
		WAIT_TIMEOUT) {
		int rc = look(h, l, programs, sockets, was, e);

		if (rc < 0)
			return rc;
		calm = rc > 0 ? 0 : calm < CALM_LOOKS ? calm + 1 : calm;
	}
	return 0;
}

static int run(struct hearing *h, struct err *e)
{
	struct means_of programs = { .name = "process list 1 s" };
	struct means_of sockets = { .name = "socket lists 1 s" };
	struct lists l = { .processes = BUF_INIT(LIST_BYTES), .sockets = BUF_INIT(LIST_BYTES) };
	int rc = 0;

	programs.n = declared_by(hearing_policy(h), WATCH_EXEC, programs.kinds);
	sockets.n = declared_by(hearing_policy(h), WATCH_SOCKET, sockets.kinds);
	own_name(&l);
	if (programs.n || sockets.n)
		rc = watch(h, &l, &programs, &sockets, e);
	buf_done(&l.processes);
	buf_done(&l.sockets);
	return rc;
}

const struct hearing_room hearing_processes = { "processes", run };
