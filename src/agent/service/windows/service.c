/* Being a service: the service manager starts the same program as a person does at a console; only
 * the dispatcher tells which of them it was. */
#include <windows.h>

/* behind windows.h, of which it includes nothing */
#include <tlhelp32.h>

#include "agent/log.h"
#include "agent/service/windows/agent_windows.h"
#include "os/windows/fault.h"

#define HINT_MS 30000 /* while starting: no longer without a sign */
#define STOP_MS 20000

static struct {
	int (*run)(void *ctx, struct err *e);
	void *ctx;
	int rc;
	struct err err;
	SERVICE_STATUS_HANDLE handle; /* NULL: we are no service */
	SERVICE_STATUS status;
	bool running;
} service;

static void say(DWORD state, DWORD hint_ms)
{
	SERVICE_STATUS *s = &service.status;

	if (!service.handle)
		return;
	s->dwServiceType = SERVICE_WIN32_OWN_PROCESS;
	s->dwCurrentState = state;
	s->dwControlsAccepted = state == SERVICE_RUNNING
					? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN |
						  SERVICE_ACCEPT_PARAMCHANGE
				: state == SERVICE_START_PENDING ? SERVICE_ACCEPT_STOP
								 : 0;
	s->dwCheckPoint = hint_ms ? s->dwCheckPoint + 1 : 0;
	s->dwWaitHint = hint_ms;
	(void)SetServiceStatus(service.handle, s);
}

void service_starting(void)
{
	if (!service.running)
		say(SERVICE_START_PENDING, HINT_MS);
}

void service_running(void)
{
	if (service.running)
		return;
	service.running = true;
	say(SERVICE_RUNNING, 0);
}

/* In the dispatcher's thread: nothing is done here but to ask. */
static DWORD WINAPI on_control(DWORD what, DWORD type, void *data, void *ctx)
{
	(void)type, (void)data, (void)ctx;
	switch (what) {
	case SERVICE_CONTROL_STOP:
	case SERVICE_CONTROL_PRESHUTDOWN:
		say(SERVICE_STOP_PENDING, STOP_MS);
		SetEvent(ask_stop());
		return NO_ERROR;
	case SERVICE_CONTROL_PARAMCHANGE:
		SetEvent(ask_reload());
		return NO_ERROR;
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
	(void)argc, (void)argv;
	service.handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME_W, on_control, NULL);
	say(SERVICE_START_PENDING, HINT_MS);
	service.rc = service.run(service.ctx, &service.err);
	if (service.rc < 0) { /* what the recovery actions are for: SERVICE_FAILURE_ACTIONS_FLAG */
		service.status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
		service.status.dwServiceSpecificExitCode = (DWORD)-service.rc;
	}
	say(SERVICE_STOPPED, 0);
}

/* Who began us has the name of the service manager; what cannot be told counts as that. */
static bool is_of_manager(void)
{
	HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W x = { .dwSize = sizeof x };
	DWORD parent = 0;
	bool other = false;

	if (list == INVALID_HANDLE_VALUE)
		return true;
	for (BOOL more = Process32FirstW(list, &x); more; more = Process32NextW(list, &x))
		if (x.th32ProcessID == GetCurrentProcessId())
			parent = x.th32ParentProcessID;
	for (BOOL more = Process32FirstW(list, &x); more && parent; more = Process32NextW(list, &x))
		other |= x.th32ProcessID == parent && _wcsicmp(x.szExeFile, L"services.exe") != 0;
	CloseHandle(list);
	return !other;
}

/* Windows says at once to who was not begun by the manager that this is so; Wine after 10 s. */
static bool is_at_console(void)
{
	return GetConsoleCP() != 0 && !is_of_manager();
}

bool service_dispatch(int (*run)(void *ctx, struct err *e), void *ctx, int *ret, struct err *e)
{
	wchar_t name[] = SERVICE_NAME_W;
	SERVICE_TABLE_ENTRYW table[] = { { name, service_main }, { NULL, NULL } };

	if (is_at_console())
		return false;
	service.run = run;
	service.ctx = ctx;
	if (!StartServiceCtrlDispatcherW(table)) {
		DWORD code = GetLastError();

		if (code == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
			return false;
		*ret = err_windows(e, code, "cannot speak with the service manager");
		return true;
	}
	*ret = service.rc;
	*e = service.err;
	return true;
}
