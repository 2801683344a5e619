#include "host/windows/services.h"

#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "host/windows/command_line.h"
#include "host/windows/services_list.h"
#include "host/windows/state.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define WRITTEN_MAX ((size_t)64 << 10)

struct service_list {
	struct scm_entry *list;
	const struct scm_entry **by_pid; /* those with a pid, by it, then by name */
	size_t n, n_by_pid;
};

void service_list_free(struct service_list *l)
{
	if (!l)
		return;
	free(l->list);
	free(l->by_pid);
	free(l);
}

void *services_manager(struct host *h, struct err *e)
{
	struct windows_state *w = host_windows(h);

	if (!w->manager)
		w->manager = OpenSCManagerW(NULL, NULL,
			SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
	if (!w->manager)
		(void)err_windows(e, GetLastError(), "cannot ask the service control manager");
	return w->manager;
}

static int by_pid(const void *x, const void *y)
{
	const struct scm_entry *a = *(const struct scm_entry *const *)x;
	const struct scm_entry *b = *(const struct scm_entry *const *)y;

	return a->pid != b->pid ? a->pid < b->pid ? -1 : 1 : span_compare(a->name, b->name);
}

static void index_pids(struct service_list *l)
{
	l->by_pid = mem_array(l->n ? l->n : 1, sizeof(void *));
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].pid)
			l->by_pid[l->n_by_pid++] = &l->list[i];
	if (l->n_by_pid)
		qsort(l->by_pid, l->n_by_pid, sizeof(void *), by_pid);
}

static int load(struct host *h, struct err *e)
{
	void *manager = services_manager(h, e);
	struct scm_entry *list;
	struct service_list *l;
	size_t n;

	if (!manager || scm_list(manager, host_arena(h), &list, &n, e) < 0)
		return e->code;
	l = mem_new(sizeof *l);
	l->list = list;
	l->n = n;
	index_pids(l);
	host_windows(h)->services = l;
	return 0;
}

int host_services(struct host *h, const struct scm_entry **ret, size_t *ret_n, struct err *e)
{
	struct windows_state *w = host_windows(h);

	if (!host_is_live(h))
		return err_set(e, ERR_MISSING, "services are those of the running system");
	if (!w->services && load(h, e) < 0)
		return e->code;
	*ret = w->services->list;
	*ret_n = w->services->n;
	return 0;
}

const struct scm_entry *const *host_services_of(struct host *h, uint32_t pid, size_t *ret_n)
{
	const struct scm_entry *all;
	struct service_list *l;
	size_t from = 0, to, n;
	struct err why;

	*ret_n = 0;
	if (pid == 0 || host_services(h, &all, &n, &why) < 0)
		return NULL;
	l = host_windows(h)->services;
	for (size_t left = l->n_by_pid; left > 0; left /= 2)
		if (l->by_pid[from + left / 2]->pid < pid) {
			from += left / 2 + 1;
			left--;
		}
	for (to = from; to < l->n_by_pid && l->by_pid[to]->pid == pid; to++)
		;
	*ret_n = to - from;
	return &l->by_pid[from];
}

bool host_service_is_dead(struct host *h, const struct scm_entry *x)
{
	AUTO_FREE(arena) a = arena_new();
	SERVICE_STATUS_PROCESS now = { 0 };
	struct err why;
	void *manager = x->dead ? services_manager(h, &why) : NULL;
	SC_HANDLE s = manager ? OpenServiceW(manager, wide_from_text(a, x->name, NULL),
					SERVICE_QUERY_STATUS)
			      : NULL;
	DWORD n;
	bool ok =
		s && QueryServiceStatusEx(s, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &n);

	if (s)
		CloseServiceHandle(s);
	return ok && now.dwProcessId == x->pid && scm_is_gone(&now);
}

/* ---- the program ---- */

struct span host_windows_folder(struct host *h)
{
	struct windows_state *w = host_windows(h);
	wchar_t path[MAX_PATH];
	UINT n;

	if (!w->folder.n) {
		n = GetSystemWindowsDirectoryW(path, MAX_PATH);
		w->folder = n > 0 && n < MAX_PATH ? wide_to_span(host_arena(h), path, n)
						  : span_of("C:\\Windows");
	}
	return w->folder;
}

struct span expanded(struct span written, struct arena *a)
{
	wchar_t *from = wide_from_text(a, written, NULL), *to;
	DWORD n = ExpandEnvironmentStringsW(from, NULL, 0);

	if (n == 0 || n > WRITTEN_MAX)
		return written;
	to = arena_get(a, n * sizeof *to);
	n = ExpandEnvironmentStringsW(from, to, n);
	return n ? wide_to_span(a, to, n - 1) : written;
}

static bool is_file(struct span path, struct arena *a)
{
	DWORD attributes;

	if (path_is_remote(path))
		return true; /* as far as we care */
	attributes = GetFileAttributesW(wide_path(a, path));
	return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static void driver_program(struct host *h, struct span name, struct span image, struct buf *ret)
{
	struct span windows = host_windows_folder(h);

	if (image.n) {
		path_from_native(image, windows, true, ret);
		return;
	}
	buf_add_span(ret, windows);
	buf_add_text(ret, "\\System32\\drivers\\");
	buf_add_span(ret, name);
	buf_add_text(ret, ".sys");
}

static void plain_path(struct host *h, struct span found, struct buf *ret)
{
	AUTO(buf) path = BUF_INIT(WRITTEN_MAX);
	bool absolute;

	path_from_native(found, host_windows_folder(h), false, &path);
	absolute = path.n > 1 && (path.p[1] == ':' || path.p[0] == '\\');
	buf_clear(ret);
	if (!absolute) { /* the manager's own folder, which is searched first; never ours */
		buf_add_span(ret, host_windows_folder(h));
		buf_add_text(ret, "\\System32\\");
	}
	buf_add_span(ret, buf_span(&path));
}

#define DRIVERS \
	(SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER | SERVICE_ADAPTER | \
		SERVICE_RECOGNIZER_DRIVER)
#define TRIES_MAX 64

void host_service_program(struct host *h, const struct scm_entry *x, struct span image,
	struct buf *ret, bool *ret_unquoted)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) one = BUF_INIT(WRITTEN_MAX);
	struct span line = image.n ? expanded(image, a) : SPAN_NONE;
	bool quoted = command_line_is_quoted(line);

	*ret_unquoted = false;
	if (x->type & DRIVERS) {
		driver_program(h, x->name, line, ret);
		return;
	}
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		buf_clear(&one);
		if (!command_line_program(line, i, &one))
			break;
		plain_path(h, arena_copy(a, buf_span(&one)), ret);
		if (!is_file(buf_span(ret), a))
			continue;
		*ret_unquoted = !quoted && i > 0;
		return;
	}
	/* It leads nowhere now: what would be tried first. */
	buf_clear(&one);
	buf_clear(ret);
	if (command_line_program(line, 0, &one))
		plain_path(h, arena_copy(a, buf_span(&one)), ret);
}
