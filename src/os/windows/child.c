#include "os/windows/child.h"

#include <stdlib.h>
#include <windows.h>

#include "core/buf.h"
#include "core/mem.h"
#include "os/program.h"
#include "os/windows/fault.h"
#include "os/windows/own_pipe.h"
#include "os/windows/wide.h"

#define PIPE_BYTES (1u << 20)
#define READ_BYTES (64u << 10)
#define DEATH_MS 2000

/* One end that is read without being waited for. */
struct ear {
	HANDLE pipe, event;
	OVERLAPPED at;
	bool pending, over;
	DWORD n, used;
	char bytes[READ_BYTES];
};

struct child {
	HANDLE process, job;
	HANDLE mouth, said; /* to its standard input; an event */
	struct ear ear;
};

static void shut(HANDLE h)
{
	if (h && h != INVALID_HANDLE_VALUE)
		CloseHandle(h);
}

/* ---- reading ---- */

/* Begin to read, unless that is under way or something is left of what was read. */
static void ear_open(struct ear *x)
{
	DWORD code;

	if (x->pending || x->over || x->used < x->n)
		return;
	x->n = x->used = 0;
	x->at = (OVERLAPPED){ .hEvent = x->event };
	if (ReadFile(x->pipe, x->bytes, READ_BYTES, NULL, &x->at)) {
		x->pending = true; /* the event is set */
		return;
	}
	code = GetLastError();
	x->pending = code == ERROR_IO_PENDING;
	x->over = !x->pending;
}

static void ear_wait(struct ear *x, unsigned ms)
{
	ear_open(x);
	if (!x->pending || WaitForSingleObject(x->event, ms) != WAIT_OBJECT_0)
		return;
	x->pending = false;
	if (!GetOverlappedResult(x->pipe, &x->at, &x->n, FALSE) || x->n == 0) {
		x->over = true;
		x->n = 0;
	}
}

static int ear_take(struct ear *x, void *ret, size_t n, unsigned ms)
{
	if (x->used == x->n)
		ear_wait(x, ms);
	if (x->used == x->n)
		return x->over ? -1 : 0;
	if (n > x->n - x->used)
		n = x->n - x->used;
	memcpy(ret, x->bytes + x->used, n);
	x->used += (DWORD)n;
	return (int)n;
}

static void ear_close(struct ear *x)
{
	DWORD n;

	if (x->pending) { /* and when there is nothing to cancel: it may be writing its end */
		(void)CancelIoEx(x->pipe, &x->at);
		(void)GetOverlappedResult(x->pipe, &x->at, &n, TRUE);
	}
	shut(x->pipe);
	shut(x->event);
}

/* ---- starting ---- */

/* Killed with us, however we end, and no larger than `memory`. */
static HANDLE make_job(uint64_t memory)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
		.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
						    JOB_OBJECT_LIMIT_PROCESS_MEMORY |
						    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
		.ProcessMemoryLimit = (SIZE_T)memory,
	};
	HANDLE job = CreateJobObjectW(NULL, NULL);

	if (job)
		(void)SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
			sizeof limits);
	return job;
}

/* As CommandLineToArgvW takes it apart. Ours hold neither quotes nor backslashes. */
static wchar_t *command_line(struct arena *a, const char *program, const char *const *arguments)
{
	AUTO(buf) line = BUF_INIT((size_t)1 << 16);

	buf_addf(&line, "\"%s\"", program);
	for (; *arguments; arguments++)
		buf_addf(&line, " \"%s\"", *arguments);
	return wide_from_text(a, buf_span(&line), NULL);
}

struct launch {
	HANDLE in, out, err; /* theirs */
	STARTUPINFOEXW info;
	PROCESS_INFORMATION made;
};

static bool create(struct launch *l, struct arena *a, wchar_t *program, wchar_t *line)
{
	HANDLE inherited[] = { l->in, l->out, l->err };
	SIZE_T n = 0;
	bool ok;

	(void)InitializeProcThreadAttributeList(NULL, 1, 0, &n);
	l->info.lpAttributeList = arena_get(a, n);
	l->info.StartupInfo = (STARTUPINFOW){ .cb = sizeof l->info,
		.dwFlags = STARTF_USESTDHANDLES,
		.hStdInput = l->in,
		.hStdOutput = l->out,
		.hStdError = l->err };
	if (!InitializeProcThreadAttributeList(l->info.lpAttributeList, 1, 0, &n))
		return false;
	ok = UpdateProcThreadAttribute(l->info.lpAttributeList, 0,
		     PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited, sizeof inherited, NULL, NULL) &&
	     CreateProcessW(program, line, NULL, NULL, TRUE,
		     CREATE_NO_WINDOW | CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
		     &l->info.StartupInfo, &l->made);
	DeleteProcThreadAttributeList(l->info.lpAttributeList);
	return ok;
}

static int launch(struct child *c, struct launch *l, const char *const *arguments, uint64_t memory,
	struct err *e)
{
	SECURITY_ATTRIBUTES inherited = { .nLength = sizeof inherited, .bInheritHandle = TRUE };
	AUTO_FREE(arena) a = arena_new();
	const char *program = program_file(a);

	if (!program)
		return err_sys(e, "cannot find our own program");
	if (own_pipe_pair(true, PIPE_BYTES, &c->mouth, &l->in, e) < 0 ||
		own_pipe_pair(false, PIPE_BYTES, &c->ear.pipe, &l->out, e) < 0)
		return e->code;
	l->err = CreateFileW(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
		OPEN_EXISTING, 0, NULL);
	c->job = make_job(memory);
	if (!create(l, a, wide_from_text(a, span_of(program), NULL),
		    command_line(a, program, arguments)))
		return err_windows(e, GetLastError(), "cannot start a process");
	c->process = l->made.hProcess;
	if (c->job && !AssignProcessToJobObject(c->job, c->process))
		return err_windows(e, GetLastError(), "cannot bound a process");
	(void)ResumeThread(l->made.hThread);
	return 0;
}

int child_start(struct child **ret, const char *const *arguments, uint64_t memory, struct err *e)
{
	struct child *c = mem_new(sizeof *c);
	struct launch l = { .in = NULL };
	unsigned long code;
	int rc;

	c->ear.event = CreateEventW(NULL, TRUE, FALSE, NULL);
	c->said = CreateEventW(NULL, TRUE, FALSE, NULL);
	rc = launch(c, &l, arguments, memory, e);
	shut(l.in);
	shut(l.out);
	shut(l.err);
	shut(l.made.hThread);
	if (rc < 0) {
		(void)child_end(c, &code);
		return rc;
	}
	*ret = c;
	return 0;
}

/* ---- talking ---- */

int child_say(struct child *c, struct span bytes, unsigned ms, struct err *e)
{
	while (bytes.n > 0) {
		OVERLAPPED at = { .hEvent = c->said };
		DWORD n = 0, once = bytes.n < PIPE_BYTES ? (DWORD)bytes.n : PIPE_BYTES;

		if (!WriteFile(c->mouth, bytes.p, once, NULL, &at) &&
			GetLastError() != ERROR_IO_PENDING)
			return err_windows(e, GetLastError(), "cannot talk to a process");
		if (WaitForSingleObject(c->said, ms) != WAIT_OBJECT_0) {
			(void)CancelIoEx(c->mouth, &at);
			(void)GetOverlappedResult(c->mouth, &at, &n, TRUE); /* `at` is ours again */
			return err_set(e, ERR_TIMEOUT, "a process does not listen");
		}
		if (!GetOverlappedResult(c->mouth, &at, &n, FALSE) || n == 0)
			return err_windows(e, GetLastError(), "cannot talk to a process");
		bytes = span_from_offset(bytes, n);
	}
	return 0;
}

int child_hear(struct child *c, void *ret, size_t n, unsigned ms)
{
	return ear_take(&c->ear, ret, n, ms);
}

bool child_has_word(struct child *c)
{
	ear_wait(&c->ear, 0);
	return c->ear.over || c->ear.used < c->ear.n;
}

bool child_end(struct child *c, unsigned long *ret)
{
	bool ended = false;
	DWORD code = 0;

	if (c->process) {
		ended = WaitForSingleObject(c->process, 0) == WAIT_OBJECT_0 &&
			GetExitCodeProcess(c->process, &code);
		if (!ended) {
			(void)TerminateProcess(c->process, 1);
			(void)WaitForSingleObject(c->process, DEATH_MS);
		}
	}
	*ret = code;
	ear_close(&c->ear);
	shut(c->mouth);
	shut(c->said);
	shut(c->process);
	shut(c->job);
	free(c);
	return ended;
}

/* ---- in that process ---- */

int child_listen(void *ret, size_t n, unsigned ms)
{
	static struct ear ear;

	if (!ear.pipe) {
		ear.pipe = GetStdHandle(STD_INPUT_HANDLE);
		ear.event = CreateEventW(NULL, TRUE, FALSE, NULL);
	}
	return ear_take(&ear, ret, n, ms);
}
