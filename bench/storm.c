/* A storm of file events: create, write 4 KiB, close, rename, unlink, as fast as it goes.
 *
 *     bench_storm FOLDER CYCLES [WRITERS]
 *
 * Four events a cycle (create, close, rename, delete). Each writer has names of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/attr.h"

static NORETURN void die(const char *what)
{
	fprintf(stderr, "bench_storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void storm(const char *folder, int writer, long cycles)
{
	static const char bytes[4096];
	char name[64], other[64];
	int d = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (d < 0)
		die(folder);
	for (long i = 0; i < cycles; i++) {
		snprintf(name, sizeof name, "w%d-%ld.tmp", writer, i);
		snprintf(other, sizeof other, "w%d-%ld.dat", writer, i);
		int f = openat(d, name, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0644);
		if (f < 0 || write(f, bytes, sizeof bytes) != (ssize_t)sizeof bytes || close(f))
			die(name);
		if (renameat(d, name, d, other) || unlinkat(d, other, 0))
			die(other);
	}
	close(d);
}

int main(int argc, char **argv)
{
	int writers = argc > 3 ? atoi(argv[3]) : 1, status = 0;
	long cycles = argc > 2 ? atol(argv[2]) : 0;

	if (cycles <= 0 || writers <= 0) {
		fputs("usage: bench_storm FOLDER CYCLES [WRITERS]\n", stderr);
		return 2;
	}
	for (int i = 1; i < writers; i++) {
		pid_t pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0) {
			storm(argv[1], i, cycles);
			return 0;
		}
	}
	storm(argv[1], 0, cycles);
	for (int i = 1; i < writers; i++) {
		int s;
		if (wait(&s) < 0 || s)
			status = 1;
	}
	return status;
}
