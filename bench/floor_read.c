#include "bench/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef RWF_DONTCACHE /* kernel 6.14 */
#define RWF_DONTCACHE 0x80
#endif

int floor_open(int folder, const char *name)
{
	static const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = openat(folder, name, flags | O_NOATIME);

	/* O_NOATIME is for the owner and for root only. */
	return fd < 0 && errno == EPERM ? openat(folder, name, flags) : fd;
}

static uint64_t nanoseconds(struct statx_timestamp t)
{
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

void floor_record_stat(struct floor_record *r, const struct statx *x)
{
	r->inode = x->stx_ino;
	r->size = x->stx_size;
	r->mode = x->stx_mode;
	r->uid = x->stx_uid;
	r->gid = x->stx_gid;
	r->nlink = x->stx_nlink;
	r->mtime = nanoseconds(x->stx_mtime);
	r->ctime = nanoseconds(x->stx_ctime);
	r->btime = nanoseconds(x->stx_btime);
	r->rdev = (uint64_t)x->stx_rdev_major << 32 | x->stx_rdev_minor;
}

int floor_stat(struct floor_thread *t, int fd, struct floor_record *r)
{
	char list[4096];
	struct statx x;
	int flags = 0;
	ssize_t n;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &x))
		return -1;
	floor_record_stat(r, &x);
	if (t->o->xattrs && (n = flistxattr(fd, list, sizeof list)) > 0)
		r->xattr_bytes = (uint32_t)n;
	if (t->o->flags && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0)
		r->flags = (uint32_t)flags;
	return 0;
}

static ssize_t read_part(struct floor_thread *t, const struct floor_job *j)
{
	struct iovec v = { j->buffer, t->o->buffer };

	if (t->o->uncached && j->r.size > t->o->buffer) {
		ssize_t n = preadv2(j->fd, &v, 1, -1, RWF_DONTCACHE);

		if (n >= 0 || errno != EOPNOTSUPP)
			return n;
	}
	return read(j->fd, v.iov_base, v.iov_len);
}

static void feed(struct floor_thread *t, unsigned lane)
{
	struct floor_job *j = &t->job[lane];
	ssize_t n = j->r.size ? read_part(t, j) : 0;
	bool last;

	if (n < 0) {
		t->count.errors++;
		n = 0;
	}
	t->count.bytes += (uint64_t)n;
	j->read += (uint64_t)n;
	last = n == 0 || j->read >= j->r.size;
	sha256_feed(&t->sha, lane, j->buffer, (size_t)n, last);
	if (last) {
		close(j->fd);
		j->fd = -1;
	}
}

bool floor_hash_some(struct floor_thread *t)
{
	unsigned idle = sha256_run(&t->sha);

	for (unsigned i = 0; i < SHA256_LANES; i++) {
		struct floor_job *j = &t->job[i];

		if (!(idle & 1u << i))
			continue;
		if (j->fd >= 0) {
			feed(t, i);
			continue;
		}
		sha256_digest(&t->sha, i, j->r.sha256);
		j->used = false;
		floor_keep(t, &j->r);
	}
	return idle != 0;
}

static unsigned free_lane(struct floor_thread *t)
{
	for (;;) {
		for (unsigned i = 0; i < SHA256_LANES; i++)
			if (!t->job[i].used)
				return i;
		floor_hash_some(t);
	}
}

void floor_hash(struct floor_thread *t, const struct floor_record *r, int fd)
{
	unsigned lane = free_lane(t);
	struct floor_job *j = &t->job[lane];

	j->r = *r;
	j->fd = fd;
	j->read = 0;
	j->used = true;
	sha256_start(&t->sha, lane);
	feed(t, lane);
}
