/* Written beside, synced, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/link/link.h"

static int open_spool(const struct link *k, struct err *e)
{
	int fd = open(k->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "cannot open the spool '%s'", k->spool) : fd;
}

int spool_read(const struct link *k, const char *name, char *ret, size_t size, struct err *e)
{
	int dir = open_spool(k, e), fd;
	ssize_t n;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(dir);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, "cannot open the cursor '%s'", name);
	n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return err_sys(e, "cannot read the cursor '%s'", name);
	ret[n] = 0;
	return 1;
}

static int write_new(int dir, const char *name, struct span text, struct err *e)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool fine;

	if (fd < 0)
		return err_sys(e, "cannot make '%s' in the spool", name);
	fine = write(fd, text.p, text.n) == (ssize_t)text.n && fdatasync(fd) == 0;
	if (!fine)
		(void)err_sys(e, "cannot write '%s' in the spool", name);
	close(fd);
	return fine ? 0 : e->code;
}

int spool_write(const struct link *k, const char *name, struct span text, struct err *e)
{
	char beside[256];
	int dir = open_spool(k, e), rc;

	if (dir < 0)
		return dir;
	snprintf(beside, sizeof beside, "%s.new", name);
	rc = write_new(dir, beside, text, e);
	if (rc == 0 && renameat(dir, beside, dir, name) < 0)
		rc = err_sys(e, "cannot replace '%s' in the spool", name);
	if (rc == 0 && fsync(dir) < 0)
		rc = err_sys(e, "cannot sync the spool");
	close(dir);
	return rc;
}
