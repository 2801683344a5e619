#include <errno.h>
#include <unistd.h>

#include "host/digests.h"
#include "os/clock.h"

#define YOUNG_NS INT64_C(2000000000) /* the coarsest time stamps of a file system */

struct reader {
	int fd;
	off_t at;
};

static int read_next(void *ctx, void *block, size_t size, size_t *ret, struct err *e)
{
	struct reader *r = ctx;
	ssize_t n;

	do
		n = pread(r->fd, block, size, r->at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "cannot read a program");
	r->at += n;
	*ret = (size_t)n;
	return 0;
}

static int64_t stamp(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int host_digest_fd(struct host *h, int fd, uint8_t ret[SHA256_SIZE], struct err *e)
{
	struct reader r = { .fd = fd };
	struct file_stamp of;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot stat a program");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "not a regular file");
	of = (struct file_stamp){ .file = st.st_ino,
		.device = st.st_dev,
		.size = (uint64_t)st.st_size,
		.mtime = stamp(st.st_mtim),
		.ctime = stamp(st.st_ctim) };
	of.young = clock_now() - of.ctime < YOUNG_NS;
	return digests_get(h, &of, read_next, &r, ret, e);
}

int host_digest(struct host *h, const char *path, uint8_t ret[SHA256_SIZE], struct err *e)
{
	int fd = -1, rc = host_open_file(h, path, 0, &fd, e);

	if (rc < 0)
		return rc;
	rc = host_digest_fd(h, fd, ret, e);
	close(fd);
	return rc < 0 ? err_prefix(e, "'%s': ", path) : 0;
}
