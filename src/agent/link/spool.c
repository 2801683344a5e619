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

int spool_write(const struct link *k, const char *name, struct span text, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();

	return file_replace(file_join(a, k->spool, name), text) < 0
		       ? err_sys(e, "cannot write the cursor '%s'", name)
		       : 0;
}
