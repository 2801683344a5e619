#include "agent/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/bind.h"

#define CHUNK ((size_t)64 << 10)

/* Whoever may write the settings decides where records go, and what the link runs. */
static int check_owner(const char *path, const struct stat *st, struct problems *problems,
	struct err *e)
{
	const char *who = st->st_uid != 0 && st->st_uid != geteuid() ? "is owned by another user"
			  : st->st_mode & S_IWOTH                    ? "may be written by everybody"
			  : st->st_mode & S_IWGRP                    ? "may be written by its group"
								     : NULL;

	if (!S_ISREG(st->st_mode))
		who = "is no file";
	if (!who)
		return 0;
	problem_add(problems, PROBLEM_ERROR, "unsafe-file", (struct place){ path, 0, 0 }, NULL,
		"the file %s, expected one that only its owner, root, may write", who);
	return err_set(e, ERR_POLICY, "'%.300s' %s", path, who);
}

static int read_all(int fd, const char *path, struct buf *ret, struct err *e)
{
	for (;;) {
		char *room = buf_room(ret, CHUNK);
		ssize_t n = room ? read(fd, room, CHUNK) : -1;

		if (!room)
			return err_set(e, ERR_LIMIT, "'%.300s' has more than 1 MiB", path);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read '%.300s'", path);
		if (n == 0)
			return 0;
		ret->n += (size_t)n;
	}
}

int config_file_read(const char *path, struct buf *ret, struct problems *problems, struct err *e)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot open '%.300s'", path);
	rc = fstat(fd, &st) < 0 ? err_sys(e, "cannot read '%.300s'", path)
				: check_owner(path, &st, problems, e);
	if (rc == 0)
		rc = read_all(fd, path, ret, e);
	close(fd);
	return rc;
}

const char *config_file_default(void)
{
	return AGENT_CONFIG_DEFAULT;
}

bool config_file_absolute(struct span path)
{
	return path.n > 0 && path.p[0] == '/';
}
