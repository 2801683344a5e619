/* Asking the agent to end, or to load its policy again. */
#include <stdlib.h>

#include "agent/service/windows/agent_windows.h"

static struct {
	HANDLE stop, reload;
} asked;

static BOOL CALLBACK make(PINIT_ONCE once, PVOID ctx, PVOID *ret)
{
	(void)once, (void)ctx, (void)ret;
	asked.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
	asked.reload = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!asked.stop || !asked.reload)
		abort(); /* out of memory, see core/mem.h */
	return TRUE;
}

static void made(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

	(void)InitOnceExecuteOnce(&once, make, NULL, NULL);
}

HANDLE ask_stop(void)
{
	made();
	return asked.stop;
}

HANDLE ask_reload(void)
{
	made();
	return asked.reload;
}

/* In a thread of its own. After it returns from anything but Ctrl-C and Ctrl-Break, the process is
 * ended: it has some seconds to do that by itself. */
static BOOL WINAPI on_console(DWORD what)
{
	if (WaitForSingleObject(asked.stop, 0) == WAIT_OBJECT_0)
		return FALSE;
	SetEvent(asked.stop);
	if (what != CTRL_C_EVENT && what != CTRL_BREAK_EVENT)
		Sleep(10000);
	return TRUE;
}

void ask_from_console(void)
{
	made();
	(void)SetConsoleCtrlHandler(on_console, TRUE);
}
