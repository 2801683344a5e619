#include "cli/infile.h"

#include <errno.h>
#include <string.h>

#include "core/escape.h"
#include "os/file.h"
#include "os/program.h"

void infile_done(struct infile *f)
{
	if (f->fd != PROGRAM_INPUT)
		file_close(f->fd);
}

int infile_open(struct infile *f, const char *path, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);
	int fd = strcmp(path, "-") == 0 ? PROGRAM_INPUT : file_open_waiting(path);
	int sys = errno;

	f->fd = fd;
	if (fd >= 0)
		return 0;
	escape_value(&shown, span_from(path, strnlen(path, 1024)));
	errno = sys;
	return err_sys(e, "cannot open '%.300s'", buf_text(&shown));
}
