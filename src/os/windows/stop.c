#include "os/stop.h"

#include <stddef.h>
#include <windows.h>

static volatile LONG asked;

/* Somebody logs off: services alone are told so, whoever it is, and are not meant to end. */
static BOOL WINAPI on_logoff(DWORD what)
{
	return what == CTRL_LOGOFF_EVENT;
}

/* In a thread of its own. False: the next handler's turn, which ends the process. */
static BOOL WINAPI on_control(DWORD what)
{
	return on_logoff(what) || InterlockedExchange(&asked, 1) == 0;
}

void stop_on_signals(void)
{
	(void)SetConsoleCtrlHandler(on_control, TRUE);
}

bool stop_asked(void)
{
	return asked != 0;
}

/* It ends with its parent because it is in the parent's job. */
bool stop_with_parent(int parent)
{
	(void)parent;
	(void)SetConsoleCtrlHandler(NULL, TRUE);
	(void)SetConsoleCtrlHandler(on_logoff, TRUE);
	return true;
}
