/* What tests do to a Windows: a service that can be installed, changed, started, stopped, made to
 * fail and deleted; a driver's entry; a listener; a process that waits. Wine's own tools cannot all
 * of it (no `sc config`).
 *
 *	victim install NAME auto|demand|disabled [LINE]   LINE: its command line instead of ours
 *	victim driver NAME PATH
 *	victim config NAME auto|demand|disabled           another start type
 *	victim start|stop|delete NAME
 *	victim fail NAME                                  end with the service-specific code 42
 *	victim crash NAME                                 end without a word
 *	victim run NAME                                   be the service
 *	victim listen tcp|udp PORT                        on 127.0.0.1, until the input ends
 *	victim wait SECONDS
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <winsock2.h>

#define FAIL 128 /* a control of our own */
#define WAIT_MS 15000

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = { .dwServiceType = SERVICE_WIN32_OWN_PROCESS };
static HANDLE stop;
static wchar_t *service_name;

static int failed(const char *what)
{
	fprintf(stderr, "victim: %s: error %lu\n", what, GetLastError());
	return 1;
}

/* ---- being a service ---- */

static void report(DWORD state)
{
	status.dwCurrentState = state;
	status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
	SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context)
{
	(void)type, (void)data, (void)context;
	if (code == FAIL) {
		status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
		status.dwServiceSpecificExitCode = 42;
	}
	if (code == FAIL || code == SERVICE_CONTROL_STOP)
		SetEvent(stop);
	return NO_ERROR;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
	(void)argc, (void)argv;
	handle = RegisterServiceCtrlHandlerExW(service_name, control, NULL);
	report(SERVICE_RUNNING);
	WaitForSingleObject(stop, INFINITE);
	report(SERVICE_STOPPED);
}

static int run(wchar_t **arg)
{
	SERVICE_TABLE_ENTRYW table[] = { { arg[0], service_main }, { NULL, NULL } };

	service_name = arg[0];
	stop = CreateEventW(NULL, TRUE, FALSE, NULL);
	return StartServiceCtrlDispatcherW(table) ? 0 : failed("dispatcher");
}

/* ---- the manager ---- */

static DWORD start_type(const wchar_t *word)
{
	return wcscmp(word, L"auto") == 0     ? SERVICE_AUTO_START
	       : wcscmp(word, L"demand") == 0 ? SERVICE_DEMAND_START
					      : SERVICE_DISABLED;
}

static SC_HANDLE open_service(const wchar_t *name)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);

	return manager ? OpenServiceW(manager, name, SERVICE_ALL_ACCESS) : NULL;
}

static int create(const wchar_t *name, DWORD type, DWORD start, const wchar_t *line)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), s = NULL;
	wchar_t words[] = L"a service for tests", display[MAX_PATH];
	SERVICE_DESCRIPTIONW text = { words };

	_snwprintf(display, MAX_PATH, L"%ls for tests", name); /* no two may be the same */
	if (manager)
		s = CreateServiceW(manager, name, display, SERVICE_ALL_ACCESS, type, start,
			SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
	if (!s)
		return failed("create");
	ChangeServiceConfig2W(s, SERVICE_CONFIG_DESCRIPTION, &text);
	return 0;
}

static int install(wchar_t **arg)
{
	wchar_t own[MAX_PATH], line[MAX_PATH * 2];

	GetModuleFileNameW(NULL, own, MAX_PATH);
	_snwprintf(line, MAX_PATH * 2, L"\"%ls\" run %ls", own, arg[0]);
	return create(arg[0], SERVICE_WIN32_OWN_PROCESS, start_type(arg[1]),
		arg[2] ? arg[2] : line);
}

static int driver(wchar_t **arg)
{
	return create(arg[0], SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, arg[1]);
}

static int config(wchar_t **arg)
{
	SC_HANDLE s = open_service(arg[0]);

	if (!s || !ChangeServiceConfigW(s, SERVICE_NO_CHANGE, start_type(arg[1]), SERVICE_NO_CHANGE,
			  NULL, NULL, NULL, NULL, NULL, NULL, NULL))
		return failed("config");
	return 0;
}

static int wait_for(SC_HANDLE s, DWORD state)
{
	SERVICE_STATUS now;

	for (unsigned ms = 0; ms < WAIT_MS; ms += 20) {
		if (QueryServiceStatus(s, &now) && now.dwCurrentState == state)
			return 0;
		Sleep(20);
	}
	return failed("waited in vain");
}

static int start(wchar_t **arg)
{
	SC_HANDLE s = open_service(arg[0]);

	if (!s || !StartServiceW(s, 0, NULL))
		return failed("start");
	return wait_for(s, SERVICE_RUNNING);
}

static int tell(const wchar_t *name, DWORD code)
{
	SC_HANDLE s = open_service(name);
	SERVICE_STATUS now;

	if (!s)
		return failed("open");
	if (!ControlService(s, code, &now))
		return failed("control");
	return wait_for(s, SERVICE_STOPPED);
}

static int stop_it(wchar_t **arg)
{
	return tell(arg[0], SERVICE_CONTROL_STOP);
}

static int fail_it(wchar_t **arg)
{
	return tell(arg[0], FAIL);
}

/* Wine's manager never learns of it: the process is what is waited for. */
static int crash_it(wchar_t **arg)
{
	SC_HANDLE s = open_service(arg[0]);
	SERVICE_STATUS_PROCESS now = { 0 };
	HANDLE process = NULL;
	DWORD n;

	if (s && QueryServiceStatusEx(s, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &n))
		process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, now.dwProcessId);
	if (!process)
		return failed("crash");
	TerminateProcess(process, 3);
	return WaitForSingleObject(process, WAIT_MS) == WAIT_OBJECT_0 ? 0 : failed("crash");
}

static int delete_it(wchar_t **arg)
{
	SC_HANDLE s = open_service(arg[0]);

	return s && DeleteService(s) ? 0 : failed("delete");
}

/* ---- processes and sockets ---- */

static int wait_seconds(wchar_t **arg)
{
	puts("ready");
	fflush(stdout);
	Sleep((DWORD)_wtoi(arg[0]) * 1000);
	return 0;
}

static int listen_on(wchar_t **arg)
{
	bool udp = wcscmp(arg[0], L"udp") == 0;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((u_short)_wtoi(arg[1])) };
	int one = 1;
	WSADATA data;
	SOCKET s;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (WSAStartup(MAKEWORD(2, 2), &data))
		return failed("WSAStartup");
	s = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&at, sizeof at) != 0 ||
		(!udp && listen(s, 5) != 0))
		return failed("listen");
	/* Wine knows the owner of a socket once it has touched it */
	setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (const char *)&one, sizeof one);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	static const struct {
		const wchar_t *name;
		int args;
		int (*run)(wchar_t **arg);
	} commands[] = { { L"install", 2, install }, { L"driver", 2, driver },
		{ L"config", 2, config }, { L"start", 1, start }, { L"stop", 1, stop_it },
		{ L"delete", 1, delete_it }, { L"fail", 1, fail_it }, { L"crash", 1, crash_it },
		{ L"run", 1, run }, { L"listen", 2, listen_on }, { L"wait", 1, wait_seconds } };

	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
		if (wcscmp(argv[1], commands[i].name) == 0 && argc >= commands[i].args + 2)
			return commands[i].run(argv + 2);
	fprintf(stderr, "victim: what?\n");
	return 2;
}
