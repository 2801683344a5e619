#include "agent/service/windows/install.h"

#include "agent/service/windows/agent_windows.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define DISPLAY L"Invar host integrity monitor"
#define WAIT_MS 30000
#define STEP_MS 50
#define SHUTDOWN_MS 30000
#define DAY_S (24 * 60 * 60)

/* ---- handles ---- */

static void service_closep(SC_HANDLE *h)
{
	if (*h)
		CloseServiceHandle(*h);
}
#define AUTO_SERVICE __attribute__((cleanup(service_closep))) SC_HANDLE

static int open_manager(SC_HANDLE *ret, DWORD rights, struct err *e)
{
	*ret = OpenSCManagerW(NULL, NULL, rights);
	return *ret ? 0 : err_windows(e, GetLastError(), "cannot ask the service manager");
}

static int open_service(SC_HANDLE *ret, DWORD rights, struct err *e)
{
	AUTO_SERVICE manager = NULL;

	if (open_manager(&manager, SC_MANAGER_CONNECT, e) < 0)
		return e->code;
	*ret = OpenServiceW(manager, SERVICE_NAME_W, rights);
	if (*ret)
		return 0;
	if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
		return err_set(e, ERR_MISSING,
			"the service " SERVICE_NAME " is not installed; see: invar agent install");
	return err_windows(e, GetLastError(), "cannot open the service " SERVICE_NAME);
}

/* ---- the command line it is started with ---- */

const char *install_full_path(struct arena *a, const char *path)
{
	wchar_t *wide = wide_from_text(a, span_of(path), NULL);
	DWORD n = GetFullPathNameW(wide, 0, NULL, NULL);
	wchar_t *full = arena_get(a, (n + 1) * sizeof *full);

	if (n == 0 || GetFullPathNameW(wide, n + 1, full, NULL) == 0)
		return path;
	return wide_to_span_z(a, full).p;
}

/* No path holds a quote; a backslash at the end would take the one behind it for its own. */
static void add_quoted(struct buf *ret, const char *path)
{
	buf_addf(ret, "\"%s", path);
	if (ret->n > 0 && ret->p[ret->n - 1] == '\\')
		buf_add_char(ret, '\\');
	buf_add_char(ret, '"');
}

void install_program(struct buf *ret)
{
	static wchar_t path[32768];
	DWORD n = GetModuleFileNameW(NULL, path, ARRAYSIZE(path));

	wide_to_text(path, n, ret);
}

static void add_line(struct buf *ret, const struct install_paths *p)
{
	AUTO(buf) program = BUF_INIT(65536);

	install_program(&program);
	add_quoted(ret, buf_text(&program));
	buf_add_text(ret, " agent --policy ");
	add_quoted(ret, p->policy);
	buf_add_text(ret, " --state ");
	add_quoted(ret, p->state);
	buf_add_text(ret, " --config ");
	add_quoted(ret, p->config);
}

bool install_program_is_safe(struct err *e)
{
	AUTO(buf) path = BUF_INIT(65536);

	install_program(&path);
	if (guarded_check_at(buf_text(&path), e) < 0)
		return false;
	while (path.n > 0 && path.p[path.n - 1] != '\\')
		path.n--;
	return guarded_check_at(buf_text(&path), e) == 0;
}

/* ---- what it is to be like ---- */

static wchar_t description[] =
	L"Keeps this host constant: notices changes of files, registry, services, accounts, "
	L"software "
	L"and more as they happen, and records them so that they cannot be lost or altered.";

/* To read what others may not (backup), audit lists (security), command lines (debug); to load the
 * hives of who is logged off, where a rule says `offline` (restore). */
static wchar_t privileges[] = L"SeBackupPrivilege\0SeSecurityPrivilege\0SeDebugPrivilege\0"
			      L"SeRestorePrivilege\0"
			      L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0";

static SC_ACTION actions[] = {
	{ SC_ACTION_RESTART, 5000 },
	{ SC_ACTION_RESTART, 30000 },
	{ SC_ACTION_RESTART, 60000 },
};

static void set_all(SC_HANDLE service, struct buf *ret_left_out)
{
	SERVICE_DESCRIPTIONW text = { description };
	SERVICE_DELAYED_AUTO_START_INFO delayed = { TRUE };
	SERVICE_FAILURE_ACTIONSW failure = { .dwResetPeriod = DAY_S,
		.cActions = ARRAYSIZE(actions),
		.lpsaActions = actions };
	SERVICE_FAILURE_ACTIONS_FLAG on_error = { TRUE };
	SERVICE_SID_INFO sid = { SERVICE_SID_TYPE_UNRESTRICTED };
	SERVICE_REQUIRED_PRIVILEGES_INFOW needs = { privileges };
	SERVICE_PRESHUTDOWN_INFO shutdown = { SHUTDOWN_MS };
	const struct {
		DWORD level;
		void *info;
		const char *what;
	} rows[] = {
		{ SERVICE_CONFIG_DESCRIPTION, &text, "description" },
		{ SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "delayed start" },
		{ SERVICE_CONFIG_FAILURE_ACTIONS, &failure, "recovery actions" },
		{ SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &on_error, "recovery after an error" },
		{ SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "service SID" },
		{ SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &needs, "required privileges" },
		{ SERVICE_CONFIG_PRESHUTDOWN_INFO, &shutdown, "preshutdown" },
	};

	for (size_t i = 0; i < ARRAYSIZE(rows); i++)
		if (!ChangeServiceConfig2W(service, rows[i].level, rows[i].info))
			buf_addf(ret_left_out, "%s%s (error %lu)", ret_left_out->n ? ", " : "",
				rows[i].what, GetLastError());
}

static int make_service(SC_HANDLE *ret, wchar_t *line, struct err *e)
{
	AUTO_SERVICE manager = NULL;

	if (open_manager(&manager, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, e) < 0)
		return e->code;
	*ret = CreateServiceW(manager, SERVICE_NAME_W, DISPLAY, SERVICE_ALL_ACCESS,
		SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL,
		NULL, NULL, NULL, NULL);
	if (*ret)
		return 0;
	if (GetLastError() != ERROR_SERVICE_EXISTS)
		return err_windows(e, GetLastError(), "cannot make the service " SERVICE_NAME);
	*ret = OpenServiceW(manager, SERVICE_NAME_W, SERVICE_ALL_ACCESS);
	if (*ret && ChangeServiceConfigW(*ret, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
			    SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL, DISPLAY))
		return 0;
	return err_windows(e, GetLastError(), "cannot change the service " SERVICE_NAME);
}

int install_service(const struct install_paths *paths, struct buf *ret_left_out, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) line = BUF_INIT(65536);
	AUTO(buf) program = BUF_INIT(65536);
	AUTO_SERVICE service = NULL;

	add_line(&line, paths);
	install_program(&program);
	if (make_service(&service, wide_from_text(a, buf_span(&line), NULL), e) < 0)
		return e->code;
	set_all(service, ret_left_out);
	return eventlog_register(buf_text(&program), e);
}

/* ---- starting and stopping ---- */

static int wait_until(SC_HANDLE service, DWORD wanted, struct err *e)
{
	SERVICE_STATUS s = { 0 };

	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (!QueryServiceStatus(service, &s))
			return err_windows(e, GetLastError(), "cannot ask for the service's state");
		if (s.dwCurrentState == wanted)
			return 0;
		if (s.dwCurrentState == SERVICE_STOPPED)
			return err_set(e, ERR_SYSTEM,
				"the service " SERVICE_NAME
				" ended (error %lu, %lu); the event log says why",
				s.dwWin32ExitCode, s.dwServiceSpecificExitCode);
		Sleep(STEP_MS);
	}
	return err_set(e, ERR_TIMEOUT, "the service " SERVICE_NAME " takes too long (state %lu)",
		s.dwCurrentState);
}

int start_service(struct err *e)
{
	AUTO_SERVICE service = NULL;

	if (open_service(&service, SERVICE_START | SERVICE_QUERY_STATUS, e) < 0)
		return e->code;
	if (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
		return err_windows(e, GetLastError(), "cannot start the service " SERVICE_NAME);
	return wait_until(service, SERVICE_RUNNING, e);
}

/* Wine's service manager never learns that a service's process was killed. */
static bool is_gone(SC_HANDLE service)
{
	SERVICE_STATUS_PROCESS s;
	HANDLE process;
	DWORD size;
	bool gone;

	if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&s, sizeof s, &size))
		return false;
	if (s.dwProcessId == 0)
		return s.dwCurrentState != SERVICE_START_PENDING;
	process = OpenProcess(SYNCHRONIZE, FALSE, s.dwProcessId);
	if (!process)
		return GetLastError() == ERROR_INVALID_PARAMETER;
	gone = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
	CloseHandle(process);
	return gone;
}

/* While it starts or ends it takes no orders: asked again until it does. */
static int stop_opened(SC_HANDLE service, struct err *e)
{
	SERVICE_STATUS s;
	DWORD code = 0;

	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (ControlService(service, SERVICE_CONTROL_STOP, &s))
			return wait_until(service, SERVICE_STOPPED, e);
		code = GetLastError();
		if (code == ERROR_SERVICE_NOT_ACTIVE || is_gone(service))
			return 0;
		if (code != ERROR_SERVICE_CANNOT_ACCEPT_CTRL)
			break;
		Sleep(STEP_MS);
	}
	return err_windows(e, code, "cannot stop the service " SERVICE_NAME);
}

int stop_service(struct err *e)
{
	AUTO_SERVICE service = NULL;

	if (open_service(&service, SERVICE_STOP | SERVICE_QUERY_STATUS, e) < 0)
		return e->code;
	return stop_opened(service, e);
}

static int remove_service(struct err *e)
{
	AUTO_SERVICE service = NULL;

	if (open_service(&service, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, e) < 0 ||
		stop_opened(service, e) < 0)
		return e->code;
	if (!DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
		return err_windows(e, GetLastError(), "cannot remove the service " SERVICE_NAME);
	return 0;
}

int uninstall_service(struct err *e)
{
	struct err other;
	int rc = remove_service(e);

	if (rc < 0 && rc != ERR_MISSING)
		return rc;
	/* An installer may have removed the service before: the source goes all the same. */
	if (eventlog_unregister(&other) < 0 && rc == 0) {
		*e = other;
		return e->code;
	}
	return rc;
}
