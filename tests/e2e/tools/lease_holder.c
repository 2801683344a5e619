/* Holds a write lease on a file and ignores that others want it.
 *
 *     lease_holder FILE
 *
 * Prints "ready" and stays until it is killed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	signal(SIGIO, SIG_IGN);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		perror("lease_holder");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
