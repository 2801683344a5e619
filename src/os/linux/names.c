#include "os/names.h"

#include <unistd.h>

#include "core/buf.h"
#include "os/file.h"
#include "os/in_root.h"

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
	int fd = -1, rc = in_root_open_file(&fd, rootfd, path, &why);

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
