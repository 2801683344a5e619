/* The other end of the control pipe. */
#include "agent/control/windows/control_pipe.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

int control_pipe_open(HANDLE *ret, const char *name, int ms, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	wchar_t *wide = wide_from_text(a, span_of(name), NULL);
	ULONGLONG end = GetTickCount64() + (ULONGLONG)ms;

	for (;;) {
		HANDLE h = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
			NULL);
		DWORD code = GetLastError();

		if (h != INVALID_HANDLE_VALUE) {
			*ret = h;
			return 0;
		}
		if (code == ERROR_FILE_NOT_FOUND)
			return err_set(e, ERR_MISSING, "no agent is running");
		if (code != ERROR_PIPE_BUSY || GetTickCount64() >= end)
			return err_windows(e, code, "cannot ask the agent at '%.200s'", name);
		Sleep(20); /* WaitNamedPipe returns before somebody listens again */
	}
}
