/* The tools whose output we reproduce, asked what they say. */
#ifndef TESTS_SENSOR_RUN_H
#define TESTS_SENSOR_RUN_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

/* What argv[0], found in PATH and the sbin folders, prints (at most n - 1 bytes and a NUL). False
 * when it is not there or fails. */
static inline bool run(const char *const *argv, char *ret, size_t n)
{
	int fds[2], status;
	size_t got = 0;
	ssize_t part;
	pid_t child;

	if (pipe(fds) < 0 || (child = fork()) < 0)
		return false;
	if (child == 0) {
		dup2(fds[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		close(fds[0]);
		close(fds[1]);
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	while (got < n - 1 && (part = read(fds[0], ret + got, n - 1 - got)) > 0)
		got += (size_t)part;
	ret[got] = '\0';
	close(fds[0]);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* An empty file to try things on; its name is written to ret. */
static inline void scratch_file(char *ret, size_t n)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(ret, n, "%s/invar-test-XXXXXX", folder ? folder : "/var/tmp");
	fd = mkstemp(ret);
	assert_true(fd >= 0);
	close(fd);
}

#endif
