#include "os/terminal.h"

#include <io.h>
#include <windows.h>

/* Not _isatty, which takes NUL for one. */
bool terminal_is(int fd)
{
	DWORD mode;

	return GetConsoleMode((HANDLE)_get_osfhandle(fd), &mode) != 0;
}

unsigned terminal_width(int fd)
{
	CONSOLE_SCREEN_BUFFER_INFO info;
	int n;

	if (!terminal_is(fd) || !GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(fd), &info))
		return 0;
	n = info.srWindow.Right - info.srWindow.Left + 1;
	return n > 0 ? (unsigned)n : 0;
}
