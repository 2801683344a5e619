/* Files as a whole, by the other functions of os/file.h. */
#include <errno.h>

#include "os/file.h"

#define READ_BYTES ((size_t)16 << 10)

int file_read_all(int fd, size_t max, struct buf *ret)
{
	for (;;) {
		size_t left = max + 1 - ret->n, want = left < READ_BYTES ? left : READ_BYTES;
		char *room = buf_room(ret, want);
		int64_t n = room ? file_read(fd, room, want) : 1;

		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		if (!room || (size_t)n == left)
			return 1;
		ret->n += (size_t)n;
	}
}

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
