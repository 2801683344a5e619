#include "host/windows/running.h"

#include <stdlib.h>
#include <windows.h>
#include <winternl.h>

/* behind windows.h, of which it includes nothing */
#include <tlhelp32.h>

#include "core/attr.h"
#include "core/mem.h"
#include "host/windows/state.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

#define PATH_UNITS 32768
#define TOKEN_BYTES 1024
#define EPOCH_100NS INT64_C(116444736000000000) /* from 1601 to 1970 */

struct running_list {
	struct running *list;
	size_t n, cap;
	bool all;
	wchar_t path[PATH_UNITS];
};

void running_list_free(struct running_list *l)
{
	if (!l)
		return;
	free(l->list);
	free(l);
}

const char *integrity_word(uint32_t rid)
{
	static const struct {
		uint32_t from;
		const char *word;
	} rows[] = { { 0x5000, "protected" }, { 0x4000, "system" }, { 0x3000, "high" },
		{ 0x2100, "medium-plus" }, { 0x2000, "medium" }, { 0x1000, "low" },
		{ 0, "untrusted" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rid >= rows[i].from)
			return rows[i].word;
	return NULL;
}

static struct span user_of(const TOKEN_USER *u, struct arena *a)
{
	struct span sid = span_from(u->User.Sid, GetLengthSid(u->User.Sid)), name = sid_name(sid);
	AUTO(buf) text = BUF_INIT(256);

	if (name.n)
		return arena_copy(a, name);
	return sid_to_text(sid, &text) ? arena_copy(a, buf_span(&text)) : SPAN_NONE;
}

static void look_token(HANDLE process, struct running *p, struct arena *a)
{
	_Alignas(16) BYTE block[TOKEN_BYTES];
	HANDLE token;
	DWORD n;

	if (!OpenProcessToken(process, TOKEN_QUERY, &token))
		return;
	if (GetTokenInformation(token, TokenUser, block, sizeof block, &n))
		p->user = user_of((const TOKEN_USER *)(const void *)block, a);
	if (GetTokenInformation(token, TokenIntegrityLevel, block, sizeof block, &n)) {
		PSID sid = ((const TOKEN_MANDATORY_LABEL *)(const void *)block)->Label.Sid;
		DWORD count = *GetSidSubAuthorityCount(sid);

		if (count)
			p->integrity = integrity_word(*GetSidSubAuthority(sid, count - 1));
	}
	CloseHandle(token);
}

/* Whoever starts a program chooses upper and lower case of its path; the disk knows one. Empty: it
 * cannot be opened. */
static struct span path_on_disk(struct running_list *l, struct span path, struct arena *a)
{
	HANDLE f;
	DWORD n;

	if (path_is_remote(path))
		return SPAN_NONE;
	f = CreateFileW(wide_path(a, path), 0,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
		NULL);
	if (f == INVALID_HANDLE_VALUE)
		return SPAN_NONE;
	n = GetFinalPathNameByHandleW(f, l->path, PATH_UNITS, VOLUME_NAME_DOS);
	CloseHandle(f);
	if (n < 4 || n >= PATH_UNITS || wcsncmp(l->path, L"\\\\?\\", 4) != 0)
		return SPAN_NONE;
	if (n > 8 && wcsncmp(l->path + 4, L"UNC\\", 4) == 0) {
		l->path[6] = L'\\'; /* \\?\UNC\server\x is \\server\x */
		return wide_to_span(a, l->path + 6, n - 6);
	}
	return wide_to_span(a, l->path + 4, n - 4);
}

static void look_exe(struct running_list *l, HANDLE process, struct running *p, struct arena *a)
{
	DWORD n = PATH_UNITS;
	struct span found;

	if (!QueryFullProcessImageNameW(process, 0, l->path, &n))
		return;
	p->exe = wide_to_span(a, l->path, n);
	found = path_on_disk(l, p->exe, a);
	if (found.n)
		p->exe = found;
}

static void look_process(struct running_list *l, HANDLE process, struct running *p, struct arena *a)
{
	FILETIME start, end, kernel, user;

	look_exe(l, process, p, a);
	if (GetProcessTimes(process, &start, &end, &kernel, &user)) {
		int64_t t = (int64_t)((uint64_t)start.dwHighDateTime << 32 | start.dwLowDateTime);

		p->start = t > EPOCH_100NS ? (t - EPOCH_100NS) * 100 : 0;
	}
	look_token(process, p, a);
}

/* What cannot be waited for is said to live: it was listed a moment ago. */
static bool lives(HANDLE process)
{
	return WaitForSingleObject(process, 0) != WAIT_OBJECT_0;
}

/* False: it ended meanwhile. */
static bool look(struct running_list *l, struct running *p, struct arena *a)
{
	HANDLE process;
	DWORD session;
	bool is;

	p->has_session = ProcessIdToSessionId(p->pid, &session);
	if (p->has_session)
		p->session = session;
	process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, p->pid);
	if (!process)
		process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, p->pid);
	if (!process) {
		p->denied = GetLastError() == ERROR_ACCESS_DENIED;
		return p->denied;
	}
	look_process(l, process, p, a);
	/* One that ends has no path any more; nor has one whose file was deleted before it began
	 * ("ghosting"), or that never had a file. */
	is = p->exe.n > 0 || lives(process);
	CloseHandle(process);
	return is;
}

/* System, and what the kernel shows as processes: they have no program. Names are free to choose,
 * so that each has to be a child of System as well. */
static bool is_kernel(const PROCESSENTRY32W *x)
{
	static const wchar_t *const names[] = { L"Registry", L"Memory Compression",
		L"MemCompression", L"Secure System", L"vmmem" };

	if (x->th32ProcessID == 0 || x->th32ProcessID == 4)
		return true;
	for (size_t i = 0; x->th32ParentProcessID == 4 && i < ARRAY_LEN(names); i++)
		if (_wcsicmp(x->szExeFile, names[i]) == 0)
			return true;
	return false;
}

static void add(struct running_list *l, const PROCESSENTRY32W *x, struct arena *a)
{
	struct running p = { .pid = x->th32ProcessID,
		.ppid = x->th32ParentProcessID,
		.name = wide_to_span_z(a, x->szExeFile) };
	bool kernel = is_kernel(x);

	/* Under Wine any process may have the numbers of Windows' kernel. */
	if (!look(l, &p, a) && !kernel)
		return;
	p.kernel = kernel && p.exe.n == 0;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->list = mem_grow(l->list, l->cap, sizeof *l->list);
	}
	l->list[l->n++] = p;
}

static int by_pid(const void *x, const void *y)
{
	const struct running *a = x, *b = y;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static int load(struct host *h, struct err *e)
{
	PROCESSENTRY32W x = { .dwSize = sizeof x };
	HANDLE snap = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	struct running_list *l;

	if (snap == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot list processes");
	l = mem_new(sizeof *l);
	l->all = privilege_take(L"SeDebugPrivilege");
	for (BOOL more = Process32FirstW(snap, &x); more && l->n <= RUNNING_MAX;
		more = Process32NextW(snap, &x))
		add(l, &x, host_arena(h));
	CloseHandle(snap);
	if (l->n > RUNNING_MAX) {
		running_list_free(l);
		return err_set(e, ERR_LIMIT, "more than %u processes", RUNNING_MAX);
	}
	if (l->n)
		qsort(l->list, l->n, sizeof *l->list, by_pid);
	host_windows(h)->running = l;
	return 0;
}

int host_running(struct host *h, const struct running **ret, size_t *ret_n, struct err *e)
{
	struct windows_state *w = host_windows(h);

	if (!host_is_live(h))
		return err_set(e, ERR_MISSING, "processes are those of the running system");
	if (!w->running && load(h, e) < 0)
		return e->code;
	*ret = w->running->list;
	*ret_n = w->running->n;
	return 0;
}

const struct running *host_running_find(struct host *h, uint32_t pid)
{
	struct running key = { .pid = pid };
	const struct running *all;
	struct err why;
	size_t n;

	if (host_running(h, &all, &n, &why) < 0 || n == 0)
		return NULL;
	return bsearch(&key, all, n, sizeof *all, by_pid);
}

const struct running *host_running_self(struct host *h)
{
	return host_running_find(h, GetCurrentProcessId());
}

const struct running *host_running_parent(struct host *h, const struct running *p)
{
	const struct running *parent = p->ppid ? host_running_find(h, p->ppid) : NULL;

	return parent && parent->start && p->start && parent->start > p->start ? NULL : parent;
}

bool host_running_all(struct host *h)
{
	const struct running *all;
	struct err why;
	size_t n;

	return host_running(h, &all, &n, &why) == 0 && host_windows(h)->running->all;
}

/* ---- command lines ---- */

#define COMMAND_LINE 60 /* ProcessCommandLineInformation: Windows 8.1; not in winternl.h */
#define COMMAND_UNITS 16384

typedef NTSTATUS(NTAPI *ask_process)(HANDLE, ULONG, PVOID, ULONG, PULONG);

static ask_process asker(void)
{
	HMODULE nt = GetModuleHandleW(L"ntdll.dll");

	return nt ? (ask_process)(void (*)(void))GetProcAddress(nt, "NtQueryInformationProcess")
		  : NULL;
}

/* The kernel copies it for us. */
static bool command_asked(ask_process ask, HANDLE process, wchar_t *w, size_t *ret_n)
{
	size_t bytes = sizeof(UNICODE_STRING) + COMMAND_UNITS * sizeof *w;
	UNICODE_STRING *u = mem_new(bytes);
	ULONG got = 0;
	bool ok = ask(process, COMMAND_LINE, u, (ULONG)bytes, &got) >= 0 && u->Buffer;

	if (ok) {
		*ret_n = u->Length / sizeof *w;
		if (*ret_n > COMMAND_UNITS)
			*ret_n = COMMAND_UNITS;
		memcpy(w, u->Buffer, *ret_n * sizeof *w);
	}
	free(u);
	return ok;
}

/* Out of the process's own memory: every number there is its to choose. */
static bool command_read(ask_process ask, HANDLE process, wchar_t *w, size_t *ret_n)
{
	RTL_USER_PROCESS_PARAMETERS parameters;
	PROCESS_BASIC_INFORMATION basic;
	SIZE_T got;
	ULONG n;
	PEB peb;

	if (ask(process, 0, &basic, sizeof basic, &n) < 0 ||
		!ReadProcessMemory(process, basic.PebBaseAddress, &peb, sizeof peb, &got) ||
		!ReadProcessMemory(process, peb.ProcessParameters, &parameters, sizeof parameters,
			&got))
		return false;
	*ret_n = parameters.CommandLine.Length / sizeof *w;
	if (*ret_n > COMMAND_UNITS)
		*ret_n = COMMAND_UNITS;
	return ReadProcessMemory(process, parameters.CommandLine.Buffer, w, *ret_n * sizeof *w,
		&got);
}

bool host_running_command(const struct running *p, struct buf *ret)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, p->pid);
	ask_process ask = asker();
	bool ok = false;
	wchar_t *w;
	size_t n = 0;

	if (!process || !ask) {
		if (process)
			CloseHandle(process);
		return false;
	}
	w = mem_array(COMMAND_UNITS, sizeof *w);
	ok = command_asked(ask, process, w, &n);
	CloseHandle(process);
	if (!ok) {
		process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, p->pid);
		ok = process && command_read(ask, process, w, &n);
		if (process)
			CloseHandle(process);
	}
	if (ok)
		wide_to_text(w, n, ret);
	free(w);
	return ok;
}
