/* The order goes through memory that both share, so that nobody waits for anybody. */
#include "agent/survey/windows/child.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/windows/fault.h"
#include "os/windows/own_pipe.h"
#include "os/windows/wide.h"

#define WORD "agent-survey"
#define ORDER_MAX BUF_MAX_DEFAULT
#define BUFFER_BYTES ((DWORD)64 << 10)

/* ---- the parent's side ---- */

/* What the child gets: both can be inherited. */
struct gift {
	HANDLE order, out;
};

static int share_order(const struct buf *order, HANDLE *ret, struct err *e)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	uint64_t n = order->n;
	HANDLE h = CreateFileMappingW(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0,
		(DWORD)(order->n + sizeof n), NULL);
	char *at = h ? MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0) : NULL;
	DWORD code = GetLastError();

	if (!at) {
		if (h)
			CloseHandle(h);
		return err_windows(e, code, "cannot share memory with a process");
	}
	memcpy(at, &n, sizeof n);
	memcpy(at + sizeof n, order->p, order->n);
	UnmapViewOfFile(at);
	*ret = h;
	return 0;
}

static HANDLE make_job(void)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limit = { 0 };
	HANDLE job = CreateJobObjectW(NULL, NULL);

	limit.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	if (job)
		(void)SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limit,
			sizeof limit);
	return job;
}

/* Only what it is given is inherited, whatever other handles of ours could be. */
static bool start_process(const struct gift *gift, wchar_t *line, PROCESS_INFORMATION *ret)
{
	HANDLE handles[] = { gift->order, gift->out };
	STARTUPINFOEXW start = { .StartupInfo = { .cb = sizeof start,
					 .dwFlags = STARTF_USESTDHANDLES,
					 .hStdOutput = gift->out } };
	wchar_t self[MAX_PATH + 1];
	SIZE_T bytes = 0;
	bool started = false;

	if (!GetModuleFileNameW(NULL, self, ARRAYSIZE(self)))
		return false;
	(void)InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
	start.lpAttributeList = calloc(1, bytes);
	if (!start.lpAttributeList)
		abort(); /* out of memory, see core/mem.h */
	if (InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &bytes)) {
		started =
			UpdateProcThreadAttribute(start.lpAttributeList, 0,
				PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles, sizeof handles, NULL,
				NULL) &&
			CreateProcessW(self, line, NULL, NULL, TRUE,
				CREATE_SUSPENDED | CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT,
				NULL, NULL, &start.StartupInfo, ret);
		DeleteProcThreadAttributeList(start.lpAttributeList);
	}
	free(start.lpAttributeList);
	return started;
}

static int start_child(struct survey_child *ret, const struct gift *gift, struct err *e)
{
	PROCESS_INFORMATION child;
	wchar_t line[64];

	_snwprintf(line, ARRAYSIZE(line), L"invar " WORD L" %llu",
		(unsigned long long)(uintptr_t)gift->order);
	if (!start_process(gift, line, &child))
		return err_windows(e, GetLastError(), "cannot start a process");
	ret->job = make_job();
	if (ret->job)
		(void)AssignProcessToJobObject(ret->job, child.hProcess);
	ResumeThread(child.hThread);
	CloseHandle(child.hThread);
	ret->process = child.hProcess;
	return 0;
}

int survey_child_start(struct survey_child *ret, struct pipe **ret_pipe,
	const struct survey_setup *setup, const struct survey_plan *plan, struct err *e)
{
	AUTO(buf) order = BUF_INIT(ORDER_MAX);
	struct gift gift = { NULL, NULL };
	HANDLE ours = NULL;

	survey_order_encode(setup, plan, &order);
	if (order.full)
		return err_set(e, ERR_LIMIT, "a survey's order is too long");
	if (share_order(&order, &gift.order, e) < 0)
		return e->code;
	if (own_pipe_pair(false, BUFFER_BYTES, &ours, &gift.out, e) == 0 &&
		start_child(ret, &gift, e) == 0)
		*ret_pipe = pipe_new(ours, SURVEY_FRAME_MAX, SURVEY_FRAME_MAX);
	else if (ours)
		CloseHandle(ours);
	CloseHandle(gift.order);
	if (gift.out)
		CloseHandle(gift.out);
	return ret->process ? 0 : e->code;
}

void survey_child_end(struct survey_child *c)
{
	if (!c->process)
		return;
	if (c->job)
		(void)TerminateJobObject(c->job, 1);
	(void)TerminateProcess(c->process, 1);
	CloseHandle(c->process);
	if (c->job)
		CloseHandle(c->job);
	*c = (struct survey_child){ 0 };
}

/* ---- the child ---- */

static int write_all(const char *p, size_t n, struct err *e)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);

	while (n > 0) {
		DWORD wrote = 0;

		if (!WriteFile(out, p, n < BUFFER_BYTES ? (DWORD)n : BUFFER_BYTES, &wrote, NULL))
			return err_windows(e, GetLastError(), "nobody reads what we find");
		p += wrote;
		n -= wrote;
	}
	return 0;
}

/* Frames are gathered: each write wakes who reads. */
static int flush(void *ctx, struct err *e)
{
	struct buf *b = ctx;
	int rc = write_all(b->p, b->n, e);

	buf_clear(b);
	return rc;
}

static int put(void *ctx, struct span frame, struct err *e)
{
	struct buf *b = ctx;
	uint32_t n = (uint32_t)frame.n;

	buf_add(b, &n, sizeof n);
	buf_add_span(b, frame);
	return b->n < BUFFER_BYTES ? 0 : flush(ctx, e);
}

static int take_order(HANDLE h, struct arena *a, struct survey_order *ret, struct err *e)
{
	const char *at = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);
	MEMORY_BASIC_INFORMATION size;
	uint64_t n;

	if (!at || !VirtualQuery(at, &size, sizeof size) || size.RegionSize < sizeof n)
		return err_windows(e, GetLastError(), "cannot read what to look at");
	memcpy(&n, at, sizeof n);
	if (n > size.RegionSize - sizeof n)
		return err_set(e, ERR_FORMAT, "an order that is cut off");
	return survey_order_decode(span_from(at + sizeof n, (size_t)n), a, ret, e);
}

static int be_surveyor(HANDLE order, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(problems) problems = { 0 };
	AUTO(buf) out = BUF_INIT(SURVEY_FRAME_MAX * 2);
	struct survey_sink sink = { &out, put, flush };
	struct survey_order o;
	struct policy *p;

	if (take_order(order, a, &o, e) < 0 ||
		policy_load_text(&p, "the policy in force", o.policy, false, &problems, e) < 0)
		return e->code;
	if (o.setup.options.io_class == 2) /* gently: others go first */
		(void)SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_BEGIN);
	o.setup.policy = p;
	survey_do(&o.setup, &o.plan, &sink);
	policy_free(p);
	return 0;
}

bool survey_child_main(int argc, char **argv, int *ret)
{
	struct err e = { 0 };

	if (argc != 3 || strcmp(argv[1], WORD) != 0)
		return false;
	(void)SetConsoleCtrlHandler(NULL, TRUE); /* Ctrl-C is for who began us */
	*ret = be_surveyor((HANDLE)(uintptr_t)strtoull(argv[2], NULL, 10), &e) < 0;
	if (*ret)
		fprintf(stderr, "invar: %s\n", e.text);
	return true;
}
