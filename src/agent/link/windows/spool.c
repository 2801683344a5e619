/* Written beside, synced, renamed. */
#include <errno.h>

#include "agent/link/link.h"
#include "os/file.h"

int spool_read(const struct link *k, const char *name, char *ret, size_t size, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	int fd = file_open(file_join(a, k->spool, name));
	int64_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, "cannot open the cursor '%s'", name);
	n = file_read(fd, ret, size - 1);
	if (n < 0)
		(void)err_sys(e, "cannot read the cursor '%s'", name);
	file_close(fd);
	if (n < 0)
		return e->code;
	ret[n] = 0;
	return 1;
}

static int write_new(const char *path, struct span text, struct err *e)
{
	int fd;
	bool fine;

	file_remove(path); /* of who was killed here */
	fd = file_make(path);
	if (fd < 0)
		return err_sys(e, "cannot make '%.300s'", path);
	fine = file_write(fd, text) == 0 && file_sync(fd) == 0;
	if (!fine)
		(void)err_sys(e, "cannot write '%.300s'", path);
	file_close(fd);
	return fine ? 0 : e->code;
}

int spool_write(const struct link *k, const char *name, struct span text, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, k->spool, name);
	const char *beside = arena_format(a, "%s.new", path);

	if (write_new(beside, text, e) < 0)
		return e->code;
	return file_rename(beside, path) < 0 ? err_sys(e, "cannot replace '%s' in the spool", name)
					     : 0;
}
