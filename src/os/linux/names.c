#include "os/names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/buf.h"
#include "os/file.h"

/* -1 and errno. Symlinks are followed, but as if rootfd were "/". */
static int open_in_root(int rootfd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, rootfd, path, &how, sizeof how);
}

/* Opening a device may do something and opening a FIFO may block, so look before. Between the look
 * and the opening it may become something else: then O_NONBLOCK keeps us from hanging, and the
 * second look finds out. */
static int open_regular(int *ret, int rootfd, const char *path, struct err *e)
{
	struct stat st;
	int fd = open_in_root(rootfd, path, O_PATH);

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		close(fd);
		fd = open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return err_sys(e, "cannot open '%s'", path);
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			*ret = fd;
			return 0;
		}
	}
	close(fd);
	return err_set(e, ERR_FORMAT, "cannot read '%s': not a regular file", path);
}

static int read_all(int fd, const char *path, struct buf *ret, struct err *e)
{
	int rc = file_read_all(fd, NAMES_BYTES_MAX, ret);

	if (rc < 0)
		return err_sys(e, "cannot read '%s'", path);
	return rc ? err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", path, NAMES_BYTES_MAX)
		  : 0;
}

static int load(int rootfd, const char *path, struct buf *ret, struct err *e)
{
	struct err why = { 0 };
	int fd = -1, rc = open_regular(&fd, rootfd, path, &why);

	if (rc == ERR_MISSING)
		return 0;
	if (rc == 0) {
		rc = read_all(fd, path, ret, &why);
		close(fd);
	}
	if (rc < 0)
		*e = why;
	return rc;
}

int names_load(struct names **ret, int rootfd, struct err *e)
{
	AUTO(buf) passwd = BUF_INIT(NAMES_BYTES_MAX + 1);
	AUTO(buf) group = BUF_INIT(NAMES_BYTES_MAX + 1);

	if (load(rootfd, "etc/passwd", &passwd, e) < 0 || load(rootfd, "etc/group", &group, e) < 0)
		return e->code;
	*ret = names_from(buf_span(&passwd), buf_span(&group));
	return 0;
}
