#include "os/windows/feed.h"

#include <stdlib.h>
#include <windows.h>

#include "core/arena.h"
#include "core/fold.h"
#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define LINE_BYTES ((size_t)128 << 10)
#define PIPE_BYTES (1u << 16)
#define VALUE_UNITS 32768
#define MEMORY_MAX ((SIZE_T)1 << 30)
#define PROCESSES_MAX 64

struct feed {
	struct arena *arena;
	const char *const *argv;
	HANDLE job, cancelled; /* the latter an event, by hand */
};

/* What it is started with, and what came of it. */
struct start {
	HANDLE in, out, token; /* in, out: inherited */
	HANDLE mouth;          /* the other end of `in` */
	PROCESS_INFORMATION made;
};

static void shut(HANDLE *h)
{
	if (*h && *h != INVALID_HANDLE_VALUE)
		CloseHandle(*h);
	*h = NULL;
}

/* ---- what is run ---- */

void feed_quote(struct buf *line, struct span argument)
{
	size_t slashes = 0;

	if (line->n)
		buf_add_char(line, ' ');
	buf_add_char(line, '"');
	for (size_t i = 0; i < argument.n; i++) {
		char c = argument.p[i];

		/* before a quote they count double, and it needs one more */
		for (size_t k = 0; c == '"' && k < slashes + 1; k++)
			buf_add_char(line, '\\');
		slashes = c == '\\' ? slashes + 1 : 0;
		buf_add_char(line, c);
	}
	while (slashes--)
		buf_add_char(line, '\\');
	buf_add_char(line, '"');
}

/* Scripts are run by a shell, which takes arguments apart by rules of its own. */
static bool is_program(struct span path)
{
	struct span end = path.n > 4 ? span_from_offset(path, path.n - 4) : path;

	return fold_same(end, span_of(".exe")) || fold_same(end, span_of(".com"));
}

static int check_program(const char *path, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE h;
	int rc;

	if (!is_program(span_of(path)))
		return err_set(e, ERR_FORMAT, "'%.200s' is no program, expected one named .exe",
			path);
	h = CreateFileW(wide_path(a, span_of(path)), READ_CONTROL,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
		NULL);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%.200s'", path);
	rc = guarded_check(h, false, path, e);
	CloseHandle(h);
	return rc;
}

/* ---- its surroundings ---- */

static void add_variable(struct buf *block, const wchar_t *name, const wchar_t *value)
{
	buf_add(block, name, wcslen(name) * sizeof *name);
	buf_add(block, L"=", sizeof(wchar_t));
	buf_add(block, value, (wcslen(value) + 1) * sizeof *value);
}

/* What programs cannot do without; paths that only the system writes to. Sorted, as Windows wants
 * it. */
static void environment(struct buf *block)
{
	static const wchar_t *const names[] = { L"PATH", L"SystemDrive", L"SystemRoot", L"TEMP",
		L"TMP", L"windir" };
	wchar_t *value = mem_array(VALUE_UNITS, sizeof *value);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		DWORD n = i ? GetEnvironmentVariableW(names[i], value, VALUE_UNITS)
			    : GetSystemDirectoryW(value, MAX_PATH);

		if (n > 0 && n < VALUE_UNITS)
			add_variable(block, names[i], value);
	}
	buf_add(block, L"\0", sizeof(wchar_t));
	free(value);
}

static int limit(struct feed *f, struct err *e)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
		.BasicLimitInformation = { .LimitFlags =
						   JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
						   JOB_OBJECT_LIMIT_JOB_MEMORY |
						   JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
						   JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
			.ActiveProcessLimit = PROCESSES_MAX },
		.JobMemoryLimit = MEMORY_MAX,
	};

	f->job = CreateJobObjectW(NULL, NULL);
	if (!f->job)
		return err_windows(e, GetLastError(), "cannot make a job");
	(void)SetInformationJobObject(f->job, JobObjectExtendedLimitInformation, &limits,
		sizeof limits);
	return 0;
}

/* Ours without its privileges: it may not debug, load drivers, read past access lists. */
static int restrict_token(HANDLE *ret, struct err *e)
{
	HANDLE own;
	BOOL ok;

	if (!OpenProcessToken(GetCurrentProcess(),
		    TOKEN_DUPLICATE | TOKEN_QUERY | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT,
		    &own))
		return err_windows(e, GetLastError(), "cannot open our own token");
	ok = CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, ret);
	if (!ok)
		(void)err_windows(e, GetLastError(), "cannot make a restricted token");
	CloseHandle(own);
	return ok ? 0 : e->code;
}

static int open_ends(struct start *s, struct err *e)
{
	SECURITY_ATTRIBUTES inherited = { .nLength = sizeof inherited, .bInheritHandle = TRUE };

	if (!CreatePipe(&s->in, &s->mouth, &inherited, PIPE_BYTES) ||
		!SetHandleInformation(s->mouth, HANDLE_FLAG_INHERIT, 0))
		return err_windows(e, GetLastError(), "cannot make a pipe");
	s->out = CreateFileW(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
		OPEN_EXISTING, 0, NULL);
	return s->out == INVALID_HANDLE_VALUE ? err_windows(e, GetLastError(), "cannot open NUL")
					      : 0;
}

/* ---- starting ---- */

static bool create(struct start *s, struct arena *a, wchar_t *program, wchar_t *line)
{
	HANDLE inherited[] = { s->in, s->out };
	AUTO(buf) block = BUF_INIT(LINE_BYTES * 4);
	wchar_t folder[MAX_PATH] = L"C:\\";
	STARTUPINFOEXW info = { .StartupInfo = { .cb = sizeof info,
					.dwFlags = STARTF_USESTDHANDLES,
					.hStdInput = s->in,
					.hStdOutput = s->out,
					.hStdError = s->out } };
	SIZE_T n = 0;
	bool ok;

	environment(&block);
	(void)GetSystemDirectoryW(folder, MAX_PATH);
	(void)InitializeProcThreadAttributeList(NULL, 1, 0, &n);
	info.lpAttributeList = arena_get(a, n);
	if (!InitializeProcThreadAttributeList(info.lpAttributeList, 1, 0, &n))
		return false;
	ok = UpdateProcThreadAttribute(info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
		     inherited, sizeof inherited, NULL, NULL) &&
	     CreateProcessAsUserW(s->token, program, line, NULL, NULL, TRUE,
		     CREATE_NO_WINDOW | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT |
			     EXTENDED_STARTUPINFO_PRESENT,
		     block.p, folder, &info.StartupInfo, &s->made);
	DeleteProcThreadAttributeList(info.lpAttributeList);
	return ok;
}

static int start(struct feed *f, struct start *s, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) line = BUF_INIT(LINE_BYTES);

	for (const char *const *x = f->argv; *x; x++)
		feed_quote(&line, span_of(*x));
	if (line.full)
		return err_set(e, ERR_LIMIT, "the arguments are too long");
	if (check_program(f->argv[0], e) < 0 || open_ends(s, e) < 0 ||
		restrict_token(&s->token, e) < 0)
		return e->code;
	if (!create(s, a, wide_from_text(a, span_of(f->argv[0]), NULL),
		    wide_from_text(a, buf_span(&line), NULL)))
		return err_windows(e, GetLastError(), "cannot start '%.200s'", f->argv[0]);
	if (!AssignProcessToJobObject(f->job, s->made.hProcess)) {
		(void)err_windows(e, GetLastError(), "cannot bound '%.200s'", f->argv[0]);
		(void)TerminateProcess(s->made.hProcess, 1);
		return e->code;
	}
	if (WaitForSingleObject(f->cancelled, 0) == WAIT_OBJECT_0) /* maybe before it was bound */
		(void)TerminateJobObject(f->job, 1);
	(void)ResumeThread(s->made.hThread);
	/* theirs: when they close them, they are closed */
	shut(&s->in);
	shut(&s->out);
	return 0;
}

/* Who does not want all of it says by the status whether that is enough. */
static void give(HANDLE mouth, struct span rest)
{
	DWORD n = 0;

	while (rest.n && WriteFile(mouth, rest.p, rest.n < PIPE_BYTES ? (DWORD)rest.n : PIPE_BYTES,
				 &n, NULL))
		rest = span_from_offset(rest, n);
}

static int feed_and_wait(struct feed *f, struct start *s, struct span input, struct err *e)
{
	const HANDLE waits[] = { f->cancelled, s->made.hProcess };
	DWORD status = 1;

	give(s->mouth, input);
	shut(&s->mouth);
	if (WaitForMultipleObjects(ARRAY_LEN(waits), waits, FALSE, INFINITE) == WAIT_OBJECT_0)
		return err_set(e, ERR_INTERRUPTED, "it was told to end");
	(void)GetExitCodeProcess(s->made.hProcess, &status);
	return status ? err_set(e, ERR_SYSTEM, "'%.100s' ended with status %lu", f->argv[0],
				(unsigned long)status)
		      : 0;
}

int feed_run(struct feed *f, struct span input, struct err *e)
{
	struct start s = { .in = NULL };
	HANDLE *const all[] = { &s.in, &s.out, &s.token, &s.mouth, &s.made.hProcess,
		&s.made.hThread };
	int rc;

	if (!f->job || !f->cancelled)
		return err_set(e, ERR_SYSTEM, "cannot make a job");
	rc = start(f, &s, e);
	if (rc == 0)
		rc = feed_and_wait(f, &s, input, e);
	(void)TerminateJobObject(f->job, 1); /* what it left behind */
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		shut(all[i]);
	return rc;
}

/* ---- life ---- */

struct feed *feed_new(const char *const *argv)
{
	struct feed *f = mem_new(sizeof *f);
	const char **copy;
	struct err ignored;
	size_t n = 0;

	while (argv[n])
		n++;
	f->arena = arena_new();
	copy = arena_get(f->arena, (n + 1) * sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_text(f->arena, span_of(argv[i]));
	copy[n] = NULL;
	f->argv = copy;
	f->cancelled = CreateEventW(NULL, TRUE, FALSE, NULL);
	(void)!limit(f, &ignored);
	return f;
}

void feed_cancel(struct feed *f)
{
	SetEvent(f->cancelled);
	(void)TerminateJobObject(f->job, 1); /* also ends our writing to it */
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	shut(&f->cancelled);
	shut(&f->job);
	arena_freep(&f->arena);
	free(f);
}
