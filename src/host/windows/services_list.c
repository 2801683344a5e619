#include "host/windows/services_list.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define FIRST_BYTES 32768 /* all of it comes back through the pipe, however little is said */
/* The manager refuses more at a time (MS-SCMR 3.1.4.40: range(0, 1024 * 256)). Wine, which gives
 * all or nothing, does not. */
#define PAGE_BYTES (256u << 10)
#define LIST_BYTES ((size_t)32 << 20)
#define ROUNDS_MAX 256

/* Copies of a service for each user are listed as any other, the template they are made of only to
 * who asks for it (SERVICE_USER_SERVICE, SERVICE_USERSERVICE_INSTANCE, SERVICE_PKG_SERVICE). Who
 * does not know them refuses. */
static const DWORD types[] = {
	SERVICE_WIN32 | SERVICE_DRIVER | SERVICE_ADAPTER | SERVICE_INTERACTIVE_PROCESS | 0x2c0,
	SERVICE_WIN32 | SERVICE_DRIVER,
};

struct listing {
	scm_page *ask;
	void *ctx;
	struct arena *arena;
	struct buf page, list;
	DWORD types, bytes, resume;
};

bool scm_is_gone(const SERVICE_STATUS_PROCESS *p)
{
	HANDLE process;
	bool gone;

	if (p->dwProcessId == 0 || p->dwCurrentState != SERVICE_RUNNING)
		return false;
	process = OpenProcess(SYNCHRONIZE, FALSE, p->dwProcessId);
	if (!process)
		return GetLastError() == ERROR_INVALID_PARAMETER;
	gone = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
	CloseHandle(process);
	return gone;
}

/* One that shares a process is said to be of both types while it runs (Windows 10), and of its own
 * when it does not. */
static uint32_t steady_type(DWORD type)
{
	return (type & SERVICE_WIN32) == SERVICE_WIN32 ? type & ~(DWORD)SERVICE_WIN32_OWN_PROCESS
						       : type;
}

static struct scm_entry entry_from(const ENUM_SERVICE_STATUS_PROCESSW *s, struct arena *a)
{
	const SERVICE_STATUS_PROCESS *p = &s->ServiceStatusProcess;

	return (struct scm_entry){ .name = wide_to_span_z(a, s->lpServiceName),
		.display = wide_to_span_z(a, s->lpDisplayName),
		.type = steady_type(p->dwServiceType),
		.state = p->dwCurrentState,
		.exit = p->dwWin32ExitCode,
		.specific = p->dwServiceSpecificExitCode,
		.pid = p->dwProcessId,
		.dead = scm_is_gone(p) };
}

static void take(struct listing *l, size_t n)
{
	const ENUM_SERVICE_STATUS_PROCESSW *rows = (const void *)l->page.p;

	for (size_t i = 0; i < n; i++) {
		struct scm_entry one;

		if (!rows[i].lpServiceName)
			continue;
		one = entry_from(&rows[i], l->arena);
		buf_add(&l->list, &one, sizeof one);
	}
}

/* Room for what is left to be told, where it may be asked for at once. */
static void grow(struct listing *l, DWORD need, bool some)
{
	DWORD more = l->bytes + need + FIRST_BYTES / 2;

	l->bytes = some && more > PAGE_BYTES ? PAGE_BYTES : more;
}

/* Behind what came before: the manager numbers its services, so that one which comes or goes
 * meanwhile does not move the others. */
static int pages(struct listing *l, struct err *e)
{
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		DWORD need = 0, n = 0, code;
		BYTE *at;

		buf_clear(&l->page);
		at = (BYTE *)buf_room(&l->page, l->bytes);
		if (!at)
			return err_set(e, ERR_LIMIT, "more services than can be listed");
		code = l->ask(l->ctx, l->types, at, l->bytes, &need, &n, &l->resume);
		if (code != ERROR_SUCCESS && code != ERROR_MORE_DATA)
			return err_windows(e, code, "cannot list services");
		take(l, n);
		if (l->list.full)
			return err_set(e, ERR_LIMIT, "more than %u services are not looked at",
				SERVICES_MAX);
		if (code == ERROR_SUCCESS)
			return 0;
		grow(l, need, n > 0);
	}
	return err_set(e, ERR_CHANGED, "the list of services does not come to rest");
}

static int by_name(const void *x, const void *y)
{
	const struct scm_entry *a = x, *b = y;

	return span_compare(a->name, b->name);
}

static size_t without_doubles(struct scm_entry *list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !span_same(list[kept - 1].name, list[i].name))
			list[kept++] = list[i];
	return kept;
}

int scm_list_by(scm_page *ask, void *ctx, struct arena *a, struct scm_entry **ret, size_t *ret_n,
	struct err *e)
{
	struct listing l = { .ask = ask,
		.ctx = ctx,
		.arena = a,
		.page = BUF_INIT(LIST_BYTES),
		.list = BUF_INIT(SERVICES_MAX * sizeof(struct scm_entry)) };
	int rc = -1;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		l.types = types[i];
		l.bytes = FIRST_BYTES;
		l.resume = 0;
		buf_clear(&l.list);
		rc = pages(&l, e);
		if (rc == 0 || e->sys != ERROR_INVALID_PARAMETER)
			break;
	}
	buf_done(&l.page);
	if (rc == 0) {
		n = l.list.n / sizeof(struct scm_entry);
		*ret = mem_array(n + 1, sizeof **ret);
		if (n) {
			memcpy(*ret, l.list.p, l.list.n);
			qsort(*ret, n, sizeof **ret, by_name);
		}
		*ret_n = without_doubles(*ret, n);
	}
	buf_done(&l.list);
	return rc;
}

static DWORD ask_manager(void *manager, DWORD of, BYTE *at, DWORD bytes, DWORD *ret_need,
	DWORD *ret_n, DWORD *resume)
{
	return EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, of, SERVICE_STATE_ALL, at,
		       bytes, ret_need, ret_n, resume, NULL)
		       ? ERROR_SUCCESS
		       : GetLastError();
}

int scm_list(void *manager, struct arena *a, struct scm_entry **ret, size_t *ret_n, struct err *e)
{
	return scm_list_by(ask_manager, manager, a, ret, ret_n, e);
}
