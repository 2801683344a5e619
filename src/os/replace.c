#include <errno.h>

#include "os/file.h"

static int make_beside(const char *path, struct span bytes)
{
	int fd, rc, why;

	file_remove(path); /* of who was killed here */
	fd = file_make(path);
	if (fd < 0)
		return -1;
	rc = file_write(fd, bytes) < 0 || file_sync(fd) < 0 ? -1 : 0;
	why = errno;
	file_close(fd); /* Windows renames nothing that is open */
	errno = why;
	return rc;
}

int file_replace(const char *path, struct span bytes)
{
	AUTO_FREE(arena) a = arena_new();
	const char *beside = arena_format(a, "%s.new", path);
	int why;

	if (make_beside(beside, bytes) == 0 && file_rename(beside, path) == 0)
		return file_sync_folder(path);
	why = errno;
	file_remove(beside);
	errno = why;
	return -1;
}
