/* Programs that start and end, sockets that open and close: their lists are looked at in quick
 * succession, and only a list that is another one is a hint. What lives shorter than that is not
 * seen (ETW would tell of it). */
#include <windows.h>

/* behind windows.h, of which it includes nothing */
#include <tlhelp32.h>

#include "core/attr.h"
#include "core/buf.h"
#include "host/windows/sockets.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "watch/windows/declared.h"
#include "watch/windows/rooms.h"

#define TICK_MS 1000
#define LIST_BYTES ((size_t)8 << 20)

#define UNSEEN "what starts and ends within a second is not seen"
#define WHO "Windows does not say who did it"

struct seen {
	uint32_t pid, ppid;
	uint64_t name; /* its hash */
	bool ours;     /* by its name: who pretends to be us is found by polling */
	bool console;  /* conhost.exe, which Windows starts beside a program of the console */
};

struct list {
	struct buf seen;
	wchar_t own[MAX_PATH]; /* the name of our program */
};

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static void add(struct list *l, const PROCESSENTRY32W *x)
{
	struct seen s = { .pid = x->th32ProcessID,
		.ppid = x->th32ParentProcessID,
		.ours = _wcsicmp(x->szExeFile, l->own) == 0,
		.console = _wcsicmp(x->szExeFile, L"conhost.exe") == 0 };

	for (size_t i = 0; i < MAX_PATH && x->szExeFile[i]; i++)
		s.name = mix(s.name, x->szExeFile[i]);
	buf_add(&l->seen, &s, sizeof s);
}

/* Started by one of ours: scans begin and end processes all the time. */
static bool is_own_console(const struct seen *all, size_t n, const struct seen *s)
{
	for (size_t i = 0; s->console && i < n; i++)
		if (all[i].pid == s->ppid)
			return all[i].ours;
	return false;
}

/* The sum of what each process hashes to. */
static int processes_mark(struct list *l, uint64_t *ret, struct err *e)
{
	PROCESSENTRY32W x = { .dwSize = sizeof x };
	HANDLE snap = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	const struct seen *all;
	uint64_t sum = 0;
	size_t n;

	if (snap == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot list processes");
	buf_clear(&l->seen);
	for (BOOL more = Process32FirstW(snap, &x); more; more = Process32NextW(snap, &x))
		add(l, &x);
	CloseHandle(snap);
	all = (const void *)l->seen.p;
	n = l->seen.n / sizeof *all;
	for (size_t i = 0; i < n; i++)
		if (!all[i].ours && !is_own_console(all, n, &all[i]))
			sum += mix(mix(all[i].name, all[i].pid), all[i].ppid);
	*ret = sum;
	return 0;
}

static void own_name(struct list *l)
{
	wchar_t path[MAX_PATH];
	DWORD n = GetModuleFileNameW(NULL, path, MAX_PATH);

	while (n > 0 && n < MAX_PATH && path[n - 1] != L'\\')
		n--;
	if (n < MAX_PATH)
		wcscpy(l->own, path + n);
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

static int look(struct hearing *h, struct list *l, const struct means_of *programs,
	const struct means_of *sockets, uint64_t was[2], struct err *e)
{
	uint64_t now[2] = { 0, 0 };

	if (programs->n && processes_mark(l, &now[0], e) < 0)
		return e->code;
	if (sockets->n && sockets_mark(&now[1], e) < 0)
		return e->code;
	if (h && now[0] != was[0])
		hint(h, programs);
	if (h && now[1] != was[1])
		hint(h, sockets);
	was[0] = now[0];
	was[1] = now[1];
	return 0;
}

static int watch(struct hearing *h, struct list *l, const struct means_of *programs,
	const struct means_of *sockets, struct err *e)
{
	uint64_t was[2] = { 0, 0 };

	if (look(NULL, l, programs, sockets, was, e) < 0)
		return e->code;
	tell(h, programs);
	tell(h, sockets);
	hear_ready(h);
	while (WaitForSingleObject(hearing_end(h), TICK_MS) == WAIT_TIMEOUT)
		if (look(h, l, programs, sockets, was, e) < 0)
			return e->code;
	return 0;
}

static int run(struct hearing *h, struct err *e)
{
	struct means_of programs = { .name = "process list 1 s" };
	struct means_of sockets = { .name = "socket lists 1 s" };
	struct list l = { .seen = BUF_INIT(LIST_BYTES) };
	int rc = 0;

	programs.n = declared_by(hearing_policy(h), WATCH_EXEC, programs.kinds);
	sockets.n = declared_by(hearing_policy(h), WATCH_SOCKET, sockets.kinds);
	own_name(&l);
	if (programs.n || sockets.n)
		rc = watch(h, &l, &programs, &sockets, e);
	buf_done(&l.seen);
	return rc;
}

const struct hearing_room hearing_processes = { "processes", run };
