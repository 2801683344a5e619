/* A file that grows, one line a record, with older ones beside it: FILE.1 is the one before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/link/link.h"
#include "core/mem.h"

#define TAIL ((off_t)BATCH_BYTES * 8) /* a line that was not ended is not longer */

struct file {
	int fd;
};

static void close_file(struct file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* We were killed while writing, and what we wrote then is written again: its last line, of which
 * only the beginning is there, goes. */
static int cut_torn(int fd, off_t size, struct err *e)
{
	char buffer[4096];
	off_t at = size;

	while (at > 0 && size - at < TAIL) {
		size_t n = at < (off_t)sizeof buffer ? (size_t)at : sizeof buffer;
		const char *hit;

		if (pread(fd, buffer, n, at - (off_t)n) != (ssize_t)n)
			return err_sys(e, "cannot read the end of the file");
		hit = memrchr(buffer, '\n', n);
		if (hit) {
			at += hit + 1 - buffer - (off_t)n;
			break;
		}
		at -= (off_t)n;
	}
	if (at < size && ftruncate(fd, at) < 0)
		return err_sys(e, "cannot cut the file");
	return 0;
}

static int open_file(struct lane *l, struct file *f, struct err *e)
{
	const char *path = l->route->path;
	struct stat st;

	f->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (f->fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close_file(f);
		return err_set(e, ERR_SYSTEM, "'%s' is not a regular file", path);
	}
	if (cut_torn(f->fd, st.st_size, e) < 0) {
		close_file(f);
		return err_prefix(e, "'%s': ", path);
	}
	return 0;
}

/* Is what we have open still what has this name? Somebody else may rotate, too. */
static bool same_file(const struct lane *l, const struct file *f)
{
	struct stat open_one, named;

	return f->fd >= 0 && fstat(f->fd, &open_one) == 0 && stat(l->route->path, &named) == 0 &&
	       open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

static int rotate(struct lane *l, struct file *f, struct err *e)
{
	const char *path = l->route->path;
	AUTO(buf) from = BUF_INIT(8192);
	AUTO(buf) to = BUF_INIT(8192);

	close_file(f);
	for (uint64_t i = l->route->rotate_count; i > 0; i--) {
		buf_clear(&from);
		buf_clear(&to);
		buf_add_text(&from, path);
		if (i > 1)
			buf_addf(&from, ".%llu", (unsigned long long)i - 1);
		buf_addf(&to, "%s.%llu", path, (unsigned long long)i);
		if (rename(buf_text(&from), buf_text(&to)) < 0 && errno != ENOENT)
			return err_sys(e, "cannot rename '%s'", buf_text(&from));
	}
	if (l->route->rotate_count == 0 && unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", path);
	return 0;
}

static int ready(struct lane *l, struct file *f, off_t *ret_size, struct err *e)
{
	struct stat st;

	if (!same_file(l, f)) {
		close_file(f);
		if (open_file(l, f, e) < 0)
			return e->code;
	}
	if (fstat(f->fd, &st) < 0)
		return err_sys(e, "cannot look at '%s'", l->route->path);
	*ret_size = st.st_size;
	return 0;
}

static int write_all(struct lane *l, struct file *f, struct span rest, off_t size, struct err *e)
{
	while (rest.n) {
		ssize_t n = write(f->fd, rest.p, rest.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)err_sys(e, "cannot write '%s'", l->route->path);
			(void)!ftruncate(f->fd, size); /* all of it or nothing */
			return e->code;
		}
		rest = span_from_offset(rest, (size_t)n);
	}
	return fdatasync(f->fd) < 0 ? err_sys(e, "cannot sync '%s'", l->route->path) : 0;
}

/* Messages from number *at on, as many as the file still takes; *at is the first that is left. */
static struct span part(const struct lane *l, off_t size, size_t *at)
{
	const struct batch *b = &l->batch;
	size_t from = *at ? b->ends[*at - 1] : 0, to = from;

	while (*at < b->n && ((uint64_t)size + b->ends[*at] - from <= l->route->rotate_size ||
				     (size == 0 && to == from))) /* too long alone */
		to = b->ends[(*at)++];
	return span_from(b->text.p + from, to - from);
}

static int write_batch(struct lane *l, struct file *f, struct err *e)
{
	size_t at = 0;

	while (at < l->batch.n) {
		struct span now;
		off_t size;

		if (ready(l, f, &size, e) < 0)
			return e->code;
		now = part(l, size, &at);
		if (now.n ? write_all(l, f, now, size, e) < 0 : rotate(l, f, e) < 0)
			return e->code;
	}
	return 0;
}

static void send_file(struct lane *l)
{
	struct file *f = l->at;
	struct err e;

	if (!f) {
		l->at = f = mem_new(sizeof *f);
		f->fd = -1;
	}
	if (write_batch(l, f, &e) < 0) {
		close_file(f);
		lane_failed(l, "%s", e.text);
	} else {
		lane_taken(l);
	}
}

static void stop_file(struct lane *l)
{
	if (l->at)
		close_file(l->at);
	free(l->at);
	l->at = NULL;
}

const struct sink sink_file = { send_file, stop_file };
