#include "os/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is(int fd)
{
	return isatty(fd) == 1;
}

unsigned terminal_width(int fd)
{
	struct winsize w;

	return terminal_is(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}
