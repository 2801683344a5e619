#include "cli/outtext.h"

#include <errno.h>

#include "core/escape.h"
#include "os/file.h"

static int cannot_write(const char *path, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);
	int sys = errno;

	escape_text(&shown, span_from(path, strnlen(path, 1024)));
	if (sys == EEXIST)
		return err_set(e, ERR_WRITE, "'%.300s' is there already, and is not replaced",
			buf_text(&shown));
	errno = sys;
	(void)err_sys(e, "cannot write '%.300s'", buf_text(&shown));
	e->code = ERR_WRITE;
	return e->code;
}

int outtext_write(struct session *s, const char *path, struct span text, struct err *e)
{
	int fd;

	if (!path || strcmp(path, "-") == 0) {
		buf_add_span(&s->out, text);
		return 0;
	}
	fd = file_make(path);
	if (fd < 0)
		return cannot_write(path, e);
	if (file_write(fd, text) < 0 || file_sync(fd) < 0) {
		(void)!cannot_write(path, e);
		file_close(fd);
		file_remove(path);
		return e->code;
	}
	file_close(fd);
	return 0;
}
