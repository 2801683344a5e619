#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/mem.h"
#include "os/clock.h"

#define LOCK_FILE "lock"
#define WAIT_NS INT64_C(50000000)           /* for one who is just about to say for how long */
#define WAIT_SHARED_NS INT64_C(20000000000) /* for one who gives it back soon */

struct place {
	int fd;
	int lock; /* -1: not locked */
	char *dir;
};

static int refuse(struct err *e, const char *what, const char *why)
{
	return err_set(e, ERR_DENIED, "state '%s' is not safe: %s", what, why);
}

/* Whoever else may write here could put any state in our place. */
static int check_owner(const struct stat *st, const char *what, struct err *e)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return refuse(e, what, "it belongs to another user");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(e, what, "others may write to it");
	return 0;
}

int place_open(struct place **ret, const char *dir, bool create, struct err *e)
{
	struct place *p;
	struct stat st;
	int fd, rc;

	if (create && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make state folder '%s'", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open state folder '%s'", dir);
	p = mem_new(sizeof(*p));
	*p = (struct place){ .fd = fd, .lock = -1 };
	p->dir = realpath(dir, NULL);
	if (!p->dir)
		rc = err_sys(e, "cannot find state folder '%s'", dir);
	else if (fstat(fd, &st) < 0)
		rc = err_sys(e, "cannot look at state folder '%s'", dir);
	else
		rc = check_owner(&st, dir, e);
	if (rc < 0) {
		place_close(p);
		return rc;
	}
	*ret = p;
	return 0;
}

void place_close(struct place *p)
{
	if (!p)
		return;
	place_unlock(p);
	if (p->lock >= 0)
		close(p->lock);
	close(p->fd);
	free(p->dir);
	free(p);
}

const char *place_dir(const struct place *p)
{
	return p->dir;
}

const char *place_path(const struct place *p, const char *name, char *ret, size_t n)
{
	snprintf(ret, n, "%s/%s", p->dir, name);
	return ret;
}

/* ---- the lock ---- */

/* Behind the number of one who gives it back soon. */
#define SHARED " shared"

static int locked_by(const struct place *p, struct span text, struct err *e)
{
	long pid = strtol(text.p, NULL, 10);

	if (pid > 0)
		return err_set(e, ERR_LOCKED, "state '%s' is locked by PID %ld", p->dir, pid);
	return err_set(e, ERR_LOCKED, "state '%s' is locked by another process", p->dir);
}

/* 1: we have it; 0: somebody else has. */
static int try_lock(struct place *p, struct err *e)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	/* Of the open file, not the process: a second store in one process is kept out too, and
	 * closing another descriptor of the file does not give the lock away. */
	if (fcntl(p->lock, F_OFD_SETLK, &whole) == 0)
		return 1;
	if (errno == EAGAIN || errno == EACCES)
		return 0;
	return err_sys(e, "cannot lock '%s/%s'", p->dir, LOCK_FILE);
}

/* Who holds it for long is not waited for. */
static int wait_lock(struct place *p, struct err *e)
{
	int64_t until = clock_monotonic() + WAIT_SHARED_NS, soon = clock_monotonic() + WAIT_NS;
	int rc;

	while ((rc = try_lock(p, e)) == 0) {
		char text[64] = { 0 };
		ssize_t n = pread(p->lock, text, sizeof(text) - 1, 0);
		bool shared = n > 0 && strstr(text, SHARED);

		if (clock_monotonic() > (shared ? until : soon))
			return locked_by(p, span_of(text), e);
		poll(NULL, 0, 2);
	}
	return rc < 0 ? rc : 0;
}

static int open_lock(struct place *p, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (p->lock >= 0)
		return 0;
	fd = openat(p->fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "cannot open '%s/%s'", p->dir, LOCK_FILE);
	rc = fstat(fd, &st) < 0 ? err_sys(e, "cannot look at '%s/%s'", p->dir, LOCK_FILE)
				: check_owner(&st, LOCK_FILE, e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	p->lock = fd;
	return 0;
}

int place_lock(struct place *p, bool shared, struct err *e)
{
	char text[64];
	int n;

	if (open_lock(p, e) < 0 || wait_lock(p, e) < 0)
		return e->code;
	n = snprintf(text, sizeof(text), "%ld%s\n", (long)getpid(), shared ? SHARED : "");
	if (ftruncate(p->lock, 0) < 0 || pwrite(p->lock, text, (size_t)n, 0) != n) {
		(void)err_sys(e, "cannot write '%s/%s'", p->dir, LOCK_FILE);
		place_unlock(p);
		return e->code;
	}
	return 0;
}

/* Said aloud, since processes we made have the open file as well, and may outlive us. */
void place_unlock(struct place *p)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (p->lock >= 0)
		(void)fcntl(p->lock, F_OFD_SETLK, &whole);
}

/* ---- files ---- */

static int check_secret(const struct place *p, const struct stat *st, const char *name,
	struct err *e)
{
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_DENIED,
			"'%s/%s' is not safe: others than its owner may use it; run: chmod 600 "
			"'%s/%s'",
			p->dir, name, p->dir, name);
	return 0;
}

static int check_file(struct place *p, const char *name, bool secret, char *head, size_t *head_n,
	struct err *e)
{
	/* Non-blocking: it might be a FIFO that somebody put there. */
	int fd = openat(p->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;
	int rc = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return refuse(e, name, "it is a symbolic link");
	if (fd < 0)
		return err_sys(e, "cannot open '%s/%s'", p->dir, name);
	if (fstat(fd, &st) < 0)
		rc = err_sys(e, "cannot look at '%s/%s'", p->dir, name);
	else if (!S_ISREG(st.st_mode))
		rc = refuse(e, name, "it is not a regular file");
	else
		rc = check_owner(&st, name, e);
	if (rc == 0 && secret)
		rc = check_secret(p, &st, name, e);
	if (rc == 0 && head) {
		n = pread(fd, head, *head_n, 0);
		if (n < 0)
			rc = err_sys(e, "cannot read '%s/%s'", p->dir, name);
	}
	close(fd);
	if (rc < 0)
		return rc;
	if (head)
		*head_n = (size_t)n;
	return 1;
}

int place_check(struct place *p, const char *name, char *head, size_t *head_n, struct err *e)
{
	return check_file(p, name, false, head, head_n, e);
}

int place_read_secret(struct place *p, const char *name, char *ret, size_t *ret_n, struct err *e)
{
	return check_file(p, name, true, ret, ret_n, e);
}

bool place_writable(const struct place *p)
{
	return faccessat(p->fd, ".", W_OK, AT_EACCESS) == 0;
}

static int write_whole(int fd, struct span bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = span_from_offset(bytes, (size_t)n);
	}
	return fsync(fd);
}

int place_write_new(struct place *p, const char *name, struct span bytes, struct err *e)
{
	int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0 && errno == EEXIST)
		return err_set(e, ERR_EXISTS, "'%s/%s' is there already", p->dir, name);
	if (fd < 0)
		return err_sys(e, "cannot make '%s/%s'", p->dir, name);
	if (write_whole(fd, bytes) < 0 || fsync(p->fd) < 0) {
		rc = err_sys(e, "cannot write '%s/%s'", p->dir, name);
		unlinkat(p->fd, name, 0);
	}
	close(fd);
	return rc;
}

int place_rename(struct place *p, const char *from, const char *to, struct err *e)
{
	if (renameat(p->fd, from, p->fd, to) < 0)
		return err_sys(e, "cannot rename '%s/%s'", p->dir, from);
	if (fsync(p->fd) < 0)
		return err_sys(e, "cannot sync state folder '%s'", p->dir);
	return 0;
}

void place_remove(struct place *p, const char *name)
{
	unlinkat(p->fd, name, 0);
}
