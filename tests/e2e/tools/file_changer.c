/* Keeps overwriting a file, or keeps making it longer.
 *
 *     file_changer change|grow FILE
 *
 * Prints "ready" and goes on until it is killed. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
	int grow = argc == 3 && strcmp(argv[1], "grow") == 0;
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END), at = grow ? end : 0;

	if (end < 0) {
		perror("file_changer");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (unsigned n = 0;; n++) {
		if (pwrite(fd, &n, sizeof n, at) < 0) {
			perror("file_changer");
			return 1;
		}
		if (grow)
			at += (off_t)sizeof n;
		else
			at = end ? (off_t)((n * 65537u) % (unsigned long)end) : 0;
		usleep(100);
	}
}
