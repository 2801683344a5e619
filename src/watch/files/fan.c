/* The fanotify descriptor: what it is asked for, and reading it empty. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "os/clock.h"
#include "watch/files/files.h"

#ifndef FAN_REPORT_TARGET_FID
#define FAN_REPORT_TARGET_FID 0x00001000
#endif
#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif

#define BLOCKS_A_ROUND 64 /* then others have their turn */

/* No FAN_REPORT_PIDFD: it makes the reader open and close a descriptor for every event, 2.0 instead
 * of 0.8 microseconds each (6.18). Which process a number is, is known from the table of processes,
 * by time. */
#define LEAN (FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK)

/* What newer kernels say first: 5.17, 5.9. */
static const struct {
	unsigned flags;
	uint64_t rename;
} ways[] = {
	{ LEAN | FAN_REPORT_DFID_NAME | FAN_REPORT_FID | FAN_REPORT_TARGET_FID, FAN_RENAME },
	{ LEAN | FAN_REPORT_DFID_NAME | FAN_REPORT_FID, FAN_MOVED_FROM | FAN_MOVED_TO },
	{ LEAN | FAN_REPORT_DFID_NAME, FAN_MOVED_FROM | FAN_MOVED_TO },
};

/* MODIFY beside CLOSE_WRITE: truncate(2) raises only the one; stores through a mapping and
 * asynchronous writes only the other. */
#define WANTED (FAN_CREATE | FAN_DELETE | FAN_MODIFY | FAN_CLOSE_WRITE | FAN_ATTRIB | FAN_ONDIR)

/* Containers may have the right to mark file systems and not the one to find out what the handles
 * in events are of: then nothing is heard. No such handle exists: the right is asked for first. */
static bool may_open_handles(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + 8];
	} u = { .h = { .handle_bytes = 8, .handle_type = 1 } };
	int fd = open_by_handle_at(AT_FDCWD, &u.h, O_PATH | O_CLOEXEC);
	bool may = fd >= 0 || errno != EPERM;

	if (fd >= 0)
		close(fd);
	return may;
}

int fan_open(struct files *f)
{
	f->fan_fd = -1;
	if (f->w->setup.no_fanotify) {
		f->no_fan = "fanotify was not to be used";
		return -1;
	}
	if (!may_open_handles()) {
		f->no_fan = "to open files by their handles needs CAP_DAC_READ_SEARCH";
		return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		f->fan_fd = fanotify_init(ways[i].flags, O_RDONLY | O_CLOEXEC | O_LARGEFILE);
		if (f->fan_fd >= 0) {
			f->mask = WANTED | ways[i].rename;
			return 0;
		}
		if (errno != EINVAL)
			break;
	}
	f->no_fan = errno == EPERM    ? "fanotify needs CAP_SYS_ADMIN"
		    : errno == ENOSYS ? "this kernel has no fanotify"
		    : errno == EINVAL ? "fanotify of this kernel reports no names (before 5.9)"
		    : errno == EMFILE ? "too many fanotify groups of this user"
				      : "fanotify is refused";
	return -1;
}

int fan_mark(struct files *f, const struct mount_row *row, char ret_fsid[8])
{
	char path[64], point[PATH_MAX];
	struct statfs fs;
	int fd, r = 0;

	if (row->point.n >= sizeof point)
		return ENAMETOOLONG;
	memcpy(point, row->point.p, row->point.n);
	point[row->point.n] = '\0';
	fd = open(point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (fstatfs(fd, &fs) < 0 || fanotify_mark(f->fan_fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
					    f->mask, AT_FDCWD, path) < 0)
		r = errno;
	else
		memcpy(ret_fsid, &fs.f_fsid, 8);
	close(fd);
	return r;
}

static void overflow(struct files *f)
{
	++*f->n_overflows;
	/* who moved meanwhile is not known either */
	folder_cache_clear(&f->cache);
	files_loss(f, span_of("/"), f->empty_at, 0, "the kernel's queue of events was full");
}

static size_t take_block(struct files *f, struct span rest)
{
	struct fan_event x;
	size_t n = 0;
	int r;

	while ((r = fan_event_next(&rest, &x)) > 0) {
		n++;
		if (x.mask & FAN_Q_OVERFLOW)
			overflow(f);
		else
			fan_take(f, &x);
		if (x.pidfd >= 0)
			close(x.pidfd);
	}
	if (r < 0)
		files_loss(f, span_of("/"), f->time, 0, "the kernel wrote what we cannot read");
	return n;
}

size_t fan_drain(struct files *f)
{
	size_t n = 0;

	for (unsigned i = 0; i < BLOCKS_A_ROUND; i++) {
		ssize_t got = read(f->fan_fd, f->block, FAN_BLOCK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			f->empty_at = f->time;
			f->busy_at = 0;
			break;
		}
		files_clock(f);
		f->busy_at = f->busy_at ? f->busy_at : f->time;
		f->block_no++;
		n += take_block(f, span_from(f->block, (size_t)got));
	}
	resolve_close(f);
	*f->n_events += n;
	return n;
}
