/* Makes trees that a shell would take long for.
 *
 *     file_maker many FOLDER N      N empty files
 *     file_maker deep FOLDER N      N folders in each other, "level-of-depth" each, and a file in
 *                                   the last */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int many(int fd, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		char name[32];
		int f;

		/* not in the order of their names */
		snprintf(name, sizeof name, "f%08lx", (i * 2654435761u) & 0xffffffffu);
		f = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (f < 0)
			return -1;
		close(f);
	}
	return 0;
}

static int deep(int fd, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		int next;

		if (mkdirat(fd, "level-of-depth", 0755) < 0)
			return -1;
		next = openat(fd, "level-of-depth", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	fd = openat(fd, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 || write(fd, "deep\n", 5) != 5 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int fd = argc == 4 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	unsigned long n = fd < 0 ? 0 : strtoul(argv[3], NULL, 10);
	int rc = fd < 0 ? -1 : strcmp(argv[1], "deep") == 0 ? deep(fd, n) : many(fd, n);

	if (rc < 0)
		perror("file_maker");
	return rc < 0;
}
