/* What is built on of services, processes, ports, accounts, software and the rest. */
/* clang-format off */
#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <lm.h>
#include <msi.h>
#include <tlhelp32.h>
#include <winternl.h>
/* clang-format on */
#include "agent/doctor/windows/probe.h"

#include <stdlib.h>

#include "agent/service/windows/install.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "os/windows/security.h"

#define LIST_BYTES ((DWORD)256 << 10)

/* ---- services ---- */

static SC_HANDLE manager(DWORD rights)
{
	return OpenSCManagerW(NULL, NULL, rights);
}

/* The first service of the list, opened; NULL: *ret_code says why not. */
static SC_HANDLE any_service(DWORD rights, DWORD *ret_code)
{
	SC_HANDLE m = manager(SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE), s = NULL;
	BYTE *list = mem_new(LIST_BYTES);
	DWORD more, n = 0, at = 0;

	*ret_code = 0;
	if (!m || (!EnumServicesStatusExW(m, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL,
			   list, LIST_BYTES, &more, &n, &at, NULL) &&
			  GetLastError() != ERROR_MORE_DATA))
		*ret_code = GetLastError();
	else if (n > 0)
		s = OpenServiceW(m, ((ENUM_SERVICE_STATUS_PROCESSW *)(void *)list)->lpServiceName,
			rights);
	if (!s && !*ret_code)
		*ret_code = GetLastError();
	if (m)
		CloseServiceHandle(m);
	free(list);
	return s;
}

static struct probe_result service_list(const struct probe_place *p)
{
	DWORD code;
	SC_HANDLE s = any_service(SERVICE_QUERY_CONFIG, &code);

	(void)p;
	if (!s)
		return probe_failed(code, NULL);
	CloseServiceHandle(s);
	return probe_works();
}

static struct probe_result service_level(DWORD level)
{
	DWORD code, n = 0;
	SC_HANDLE s = any_service(SERVICE_QUERY_CONFIG, &code);
	BYTE bytes[8192];

	if (!s)
		return probe_failed(code, NULL);
	code = QueryServiceConfig2W(s, level, bytes, sizeof bytes, &n) ? 0 : GetLastError();
	CloseServiceHandle(s);
	return code ? probe_missing(code, NULL) : probe_works();
}

static struct probe_result service_description(const struct probe_place *p)
{
	(void)p;
	return service_level(SERVICE_CONFIG_DESCRIPTION);
}

static struct probe_result service_failure(const struct probe_place *p)
{
	(void)p;
	return service_level(SERVICE_CONFIG_FAILURE_ACTIONS);
}

static struct probe_result service_delayed(const struct probe_place *p)
{
	(void)p;
	return service_level(SERVICE_CONFIG_DELAYED_AUTO_START_INFO);
}

static struct probe_result service_sid(const struct probe_place *p)
{
	(void)p;
	return service_level(SERVICE_CONFIG_SERVICE_SID_INFO);
}

static struct probe_result service_privileges(const struct probe_place *p)
{
	(void)p;
	return service_level(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO);
}

static struct probe_result service_triggers(const struct probe_place *p)
{
	(void)p;
	return service_level(8 /* SERVICE_CONFIG_TRIGGER_INFO */);
}

static void CALLBACK on_notify(void *notify)
{
	SERVICE_NOTIFYW *n = notify;

	*(bool *)n->pContext = true;
}

/* A service's present state is told at once. */
static struct probe_result service_notify(const struct probe_place *p)
{
	static SERVICE_NOTIFYW n;
	static bool heard;
	DWORD code;
	SC_HANDLE s = any_service(SERVICE_QUERY_STATUS, &code);

	(void)p;
	if (!s)
		return probe_failed(code, NULL);
	n = (SERVICE_NOTIFYW){ .dwVersion = SERVICE_NOTIFY_STATUS_CHANGE,
		.pfnNotifyCallback = on_notify,
		.pContext = &heard };
	code = NotifyServiceStatusChangeW(s, SERVICE_NOTIFY_RUNNING | SERVICE_NOTIFY_STOPPED, &n);
	if (!code)
		SleepEx(1000, TRUE);
	CloseServiceHandle(s);
	SleepEx(0, TRUE);
	if (code)
		return probe_missing(code, NULL);
	return heard ? probe_works() : probe_failed(0, "nothing was told");
}

static struct probe_result manager_notify(const struct probe_place *p)
{
	static SERVICE_NOTIFYW n;
	static bool heard;
	SC_HANDLE m = manager(SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
	DWORD code;

	(void)p;
	if (!m)
		return probe_failed(GetLastError(), NULL);
	n = (SERVICE_NOTIFYW){ .dwVersion = SERVICE_NOTIFY_STATUS_CHANGE,
		.pfnNotifyCallback = on_notify,
		.pContext = &heard };
	code = NotifyServiceStatusChangeW(m, SERVICE_NOTIFY_CREATED | SERVICE_NOTIFY_DELETED, &n);
	CloseServiceHandle(m);
	SleepEx(0, TRUE);
	return code ? probe_missing(code, "the registry tells of services made and removed")
		    : probe_works();
}

/* ---- processes, ports ---- */

static struct probe_result process_list(const struct probe_place *p)
{
	HANDLE h = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W x = { .dwSize = sizeof x };
	bool found = false;

	(void)p;
	if (h == INVALID_HANDLE_VALUE)
		return probe_failed(GetLastError(), NULL);
	for (bool more = Process32FirstW(h, &x); more && !found; more = Process32NextW(h, &x))
		found = x.th32ProcessID == GetCurrentProcessId();
	CloseHandle(h);
	return found ? probe_works() : probe_failed(0, "we are not in it");
}

static struct probe_result process_line(const struct probe_place *p)
{
	typedef NTSTATUS NTAPI query_fn(HANDLE, int, void *, ULONG, ULONG *);
	query_fn *query = (query_fn *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
		"NtQueryInformationProcess");
	static char bytes[65536] __attribute__((aligned(8)));
	ULONG n;
	NTSTATUS rc;

	(void)p;
	if (!query)
		return probe_missing(ERROR_PROC_NOT_FOUND, NULL);
	rc = query(GetCurrentProcess(), 60 /* ProcessCommandLineInformation */, bytes, sizeof bytes,
		&n);
	return rc < 0 ? probe_missing((DWORD)rc, "it is read from the process itself")
		      : probe_works();
}

static SOCKET listener(unsigned short *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int n = sizeof at, yes = 1;
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&at, n) || listen(s, 1) ||
		getsockname(s, (struct sockaddr *)&at, &n))
		return INVALID_SOCKET;
	(void)setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (const char *)&yes, sizeof yes);
	*ret_port = at.sin_port;
	return s;
}

static struct probe_result ports(const struct probe_place *p)
{
	DWORD n = LIST_BYTES, code, owner = 0;
	MIB_TCPTABLE_OWNER_PID *list = mem_new(n);
	unsigned short port = 0;
	bool found = false;
	WSADATA wsa;
	SOCKET s;

	(void)p;
	(void)WSAStartup(MAKEWORD(2, 2), &wsa);
	s = listener(&port);
	code = s == INVALID_SOCKET ? (DWORD)WSAGetLastError()
				   : GetExtendedTcpTable(list, &n, FALSE, AF_INET,
					     TCP_TABLE_OWNER_PID_LISTENER, 0);
	for (DWORD i = 0; !code && i < list->dwNumEntries; i++)
		if ((unsigned short)list->table[i].dwLocalPort == port) {
			found = true;
			owner = list->table[i].dwOwningPid;
		}
	if (s != INVALID_SOCKET)
		closesocket(s);
	free(list);
	if (code)
		return probe_failed(code, NULL);
	if (!found)
		return probe_failed(0, "a listener of ours is not in the list");
	return owner == GetCurrentProcessId() ? probe_works()
					      : probe_failed(0, "its owner is not known");
}

/* ---- accounts, software, tasks ---- */

static struct probe_result users(const struct probe_place *p)
{
	BYTE *list = NULL;
	DWORD n = 0, all = 0, at = 0;
	NET_API_STATUS rc = NetUserEnum(NULL, 3, FILTER_NORMAL_ACCOUNT, &list, MAX_PREFERRED_LENGTH,
		&n, &all, &at);

	(void)p;
	if (list)
		NetApiBufferFree(list);
	return rc ? probe_missing(rc, NULL) : n ? probe_works() : probe_failed(0, "there are none");
}

static struct probe_result groups(const struct probe_place *p)
{
	BYTE *list = NULL;
	DWORD n = 0, all = 0;
	ULONG_PTR at = 0;
	NET_API_STATUS rc = NetLocalGroupEnum(NULL, 0, &list, MAX_PREFERRED_LENGTH, &n, &all, &at);

	(void)p;
	if (list)
		NetApiBufferFree(list);
	return rc ? probe_missing(rc, NULL) : n ? probe_works() : probe_failed(0, "there are none");
}

static struct probe_result software(const struct probe_place *p)
{
	wchar_t code[39];
	UINT rc = MsiEnumProductsExW(NULL, NULL, MSIINSTALLCONTEXT_MACHINE, 0, code, NULL, NULL,
		NULL);

	(void)p;
	return rc == ERROR_SUCCESS || rc == ERROR_NO_MORE_ITEMS ? probe_works()
								: probe_missing(rc, NULL);
}

static struct probe_result tasks(const struct probe_place *p)
{
	wchar_t path[MAX_PATH + 8];
	DWORD attributes;

	(void)p;
	GetSystemDirectoryW(path, MAX_PATH);
	wcscat(path, L"\\Tasks");
	attributes = GetFileAttributesW(path);
	return attributes == INVALID_FILE_ATTRIBUTES ? probe_missing(GetLastError(), NULL)
						     : probe_works();
}

/* ---- rights, logs, pipes, cryptography, time ---- */

static struct probe_result right(const wchar_t *name)
{
	return privilege_take(name) ? probe_works() : probe_missing(ERROR_PRIVILEGE_NOT_HELD, NULL);
}

static struct probe_result right_backup(const struct probe_place *p)
{
	(void)p;
	return right(L"SeBackupPrivilege");
}

static struct probe_result right_security(const struct probe_place *p)
{
	(void)p;
	return right(L"SeSecurityPrivilege");
}

static struct probe_result right_debug(const struct probe_place *p)
{
	(void)p;
	return right(L"SeDebugPrivilege");
}

/* What is written can be read. */
static struct probe_result event_log(const struct probe_place *p)
{
	HANDLE out = RegisterEventSourceW(NULL, L"Invar");
	HANDLE in = OpenEventLogW(NULL, L"Application");
	const wchar_t *text = L"The self-test of Invar wrote this.";
	DWORD before = 0, after = 0, code = 0;

	(void)p;
	if (!out || !in || !GetNumberOfEventLogRecords(in, &before) ||
		!ReportEventW(out, EVENTLOG_INFORMATION_TYPE, 0, 0x40000028, NULL, 1, 0, &text,
			NULL))
		code = GetLastError();
	if (!code && !GetNumberOfEventLogRecords(in, &after))
		code = GetLastError();
	if (out)
		DeregisterEventSource(out);
	if (in)
		CloseEventLog(in);
	if (code)
		return probe_missing(code, NULL);
	return after != before ? probe_works() : probe_failed(0, "what is written is not kept");
}

static struct probe_result pipes(const struct probe_place *p)
{
	static const wchar_t name[] = L"\\\\.\\pipe\\invar-doctor";
	HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
		PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 2, 512, 512, 0, NULL);
	HANDLE second = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
		PIPE_TYPE_BYTE, 2, 512, 512, 0, NULL);
	HANDLE client =
		CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	DWORD code = GetLastError();
	ULONG pid = 0;

	(void)p;
	if (client != INVALID_HANDLE_VALUE && !GetNamedPipeClientProcessId(server, &pid))
		code = GetLastError();
	CloseHandle(client);
	CloseHandle(server);
	if (second != INVALID_HANDLE_VALUE) {
		CloseHandle(second);
		return probe_failed(0, "two have the same name");
	}
	return pid == GetCurrentProcessId() ? probe_works() : probe_failed(code, NULL);
}

static struct probe_result cryptography(const struct probe_place *p)
{
	typedef LONG WINAPI open_fn(void **, const wchar_t *, const wchar_t *, ULONG);
	HMODULE lib = LoadLibraryW(L"bcrypt.dll");
	open_fn *open =
		lib ? (open_fn *)(void *)GetProcAddress(lib, "BCryptOpenAlgorithmProvider") : NULL;
	void *handle = NULL;
	LONG rc;

	(void)p;
	if (!open)
		return probe_missing(GetLastError(), NULL);
	rc = open(&handle, L"ECDSA_P256", NULL, 0);
	return rc ? probe_missing((DWORD)rc, NULL) : probe_works();
}

static struct probe_result http(const struct probe_place *p)
{
	HMODULE lib = LoadLibraryW(L"winhttp.dll");

	(void)p;
	return lib && GetProcAddress(lib, "WinHttpOpen") ? probe_works()
							 : probe_missing(GetLastError(), NULL);
}

static struct probe_result clocks(const struct probe_place *p)
{
	FILETIME a, b;
	ULONGLONG x, y;

	(void)p;
	GetSystemTimePreciseAsFileTime(&a);
	GetSystemTimeAsFileTime(&b);
	x = (ULONGLONG)a.dwHighDateTime << 32 | a.dwLowDateTime;
	y = (ULONGLONG)b.dwHighDateTime << 32 | b.dwLowDateTime;
	return (x > y ? x - y : y - x) < 10000000 ? probe_works()
						  : probe_failed(0, "two clocks differ");
}

/* Whoever may write there decides what runs as SYSTEM once it is a service. */
static struct probe_result program_place(const struct probe_place *p)
{
	struct err why;

	(void)p;
	return install_program_is_safe(&why)
		       ? probe_works()
		       : probe_failed(0, "others may write to this program or its folder: put it "
					 "below Program Files");
}

const struct probe probes_system[] = {
	{ "service list", service_list },
	{ "service description", service_description },
	{ "service failure actions", service_failure },
	{ "service delayed start", service_delayed },
	{ "service SID", service_sid },
	{ "service privileges", service_privileges },
	{ "service triggers", service_triggers },
	{ "service notification", service_notify },
	{ "service notification of new ones", manager_notify },
	{ "process list", process_list },
	{ "process command line", process_line },
	{ "port owner", ports },
	{ "users", users },
	{ "groups", groups },
	{ "software", software },
	{ "task folder", tasks },
	{ "right to read everything", right_backup },
	{ "right to see audit lists", right_security },
	{ "right to see other processes", right_debug },
	{ "event log", event_log },
	{ "named pipes", pipes },
	{ "cryptography", cryptography },
	{ "HTTP", http },
	{ "clock", clocks },
	{ "place of the program", program_place },
	{ NULL, NULL },
};
