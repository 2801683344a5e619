#include "agent/service/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/clock.h"

#define TEXT_BYTES 8192
#define TRIES 50
#define TRY_MS 20

static int open_file(const char *state_dir, int flags, struct err *e)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof path, "%s/%s", state_dir, AGENT_LOCK_FILE) >= (int)sizeof path)
		return err_set(e, ERR_LIMIT, "the path of the state folder is too long");
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd < 0 ? err_sys(e, "cannot open '%.300s'", path) : fd;
}

static int make_folder(const char *dir, struct err *e)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make the state folder '%.300s'", dir);
	if (stat(dir, &st) < 0)
		return err_sys(e, "cannot look at the state folder '%.300s'", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_DENIED, "the state folder '%.300s' is no folder", dir);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_DENIED,
			"the state folder '%.300s' may be written by others; it must be root's "
			"alone",
			dir);
	return 0;
}

static int taken(int fd, const char *state_dir, struct err *e)
{
	char text[TEXT_BYTES] = { 0 };
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;

	return err_set(e, ERR_LOCKED, "an agent runs already for the state '%.300s': process %ld",
		state_dir, pid);
}

/* Who asks whether an agent runs holds it for a moment (agent_find). */
static bool is_free(int fd)
{
	for (int i = 0; i < TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		clock_sleep_ms(TRY_MS);
	}
	return false;
}

int agent_lock(int *ret, const char *state_dir, const char *control, struct err *e)
{
	AUTO(buf) text = BUF_INIT(TEXT_BYTES);
	int fd, rc = 0;

	if (make_folder(state_dir, e) < 0)
		return e->code;
	fd = open_file(state_dir, O_RDWR | O_CREAT, e);
	if (fd < 0)
		return fd;
	if (!is_free(fd))
		rc = errno == EWOULDBLOCK ? taken(fd, state_dir, e)
					  : err_sys(e, "cannot lock '%.300s'", state_dir);
	buf_addf(&text, "%d\n%s\n", (int)getpid(), control ? control : "");
	if (rc == 0 && (ftruncate(fd, 0) < 0 || pwrite(fd, text.p, text.n, 0) != (ssize_t)text.n))
		rc = err_sys(e, "cannot write to the state folder '%.300s'", state_dir);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*ret = fd;
	return 0;
}

int agent_find(const char *state_dir, struct buf *ret_control, struct err *e)
{
	char text[TEXT_BYTES] = { 0 };
	int fd = open_file(state_dir, O_RDONLY, e);
	struct span rest, pid, control;
	bool held;
	ssize_t n;

	if (fd == ERR_MISSING)
		return err_set(e, ERR_MISSING, "no agent is running");
	if (fd < 0)
		return fd;
	held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	if (!held)
		return err_set(e, ERR_MISSING, "no agent is running");
	rest = span_from(text, n > 0 ? (size_t)n : 0);
	if (!span_cut(&rest, '\n', &pid) || !span_cut(&rest, '\n', &control) || control.n == 0)
		return err_set(e, ERR_MISSING, "the agent has no control socket");
	buf_add_span(ret_control, control);
	return 0;
}
