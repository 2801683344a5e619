/* A file that grows, one line a record, with older ones beside it: FILE.1 is the one before. It is
 * opened for each batch, so that somebody else may rotate it, too. */
#include "agent/sinks/file_write.h"

#include <errno.h>

#include "agent/link/link.h"
#include "os/file.h"

#define TAIL ((int64_t)BATCH_BYTES * 8) /* a line that was not ended is not longer */
#define CHUNK 4096

/* Behind the last newline of these bytes; 0: there is none. */
static size_t behind_line(const char *bytes, size_t n)
{
	while (n && bytes[n - 1] != '\n')
		n--;
	return n;
}

/* We were killed while writing, and what we wrote then is written again: its last line, of which
 * only the beginning is there, goes. */
static int cut_torn(int fd, int64_t *size, struct err *e)
{
	char bytes[CHUNK];
	int64_t at = *size;

	while (at > 0 && *size - at < TAIL) {
		size_t n = at < CHUNK ? (size_t)at : CHUNK, kept;

		if (file_read_at(fd, at - (int64_t)n, bytes, n) != (int64_t)n)
			return err_sys(e, "cannot read the end");
		kept = behind_line(bytes, n);
		at -= (int64_t)(n - kept);
		if (kept)
			break;
	}
	if (at < *size && file_cut(fd, at) < 0)
		return err_sys(e, "cannot cut");
	*size = at;
	return 0;
}

static int open_file(const char *path, int *ret, int64_t *ret_size, struct err *e)
{
	int fd = file_open_append(path), rc;
	enum file_form form;

	if (fd < 0)
		return err_sys(e, "cannot open");
	*ret_size = file_size(fd);
	if (file_form_of(fd, &form) < 0 || form != FILE_FORM_REGULAR)
		rc = err_set(e, ERR_SYSTEM, "is not a regular file");
	else if (*ret_size < 0)
		rc = err_sys(e, "cannot look at it");
	else
		rc = cut_torn(fd, ret_size, e);
	if (rc < 0)
		file_close(fd);
	else
		*ret = fd;
	return rc;
}

static int rotate(const struct file_target *r, struct err *e)
{
	for (uint64_t i = r->rotate_count; i > 0; i--) {
		AUTO_FREE(arena) a = arena_new();
		const char *from =
			i == 1 ? r->path
			       : arena_format(a, "%s.%llu", r->path, (unsigned long long)i - 1);
		const char *to = arena_format(a, "%s.%llu", r->path, (unsigned long long)i);

		if (file_rename(from, to) < 0 && errno != ENOENT)
			return err_sys(e, "cannot rename to '%.300s'", to);
	}
	if (r->rotate_count == 0 && file_remove(r->path) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove");
	return 0;
}

static int write_all(int fd, struct span text, int64_t size, struct err *e)
{
	if (file_write_at(fd, size, text) < 0) {
		(void)err_sys(e, "cannot write");
		(void)!file_cut(fd, size); /* all of it or nothing */
		return e->code;
	}
	return file_sync(fd) < 0 ? err_sys(e, "cannot sync") : 0;
}

/* Messages from number *at on, as many as the file still takes; *at is the first that is left. */
static struct span part(const struct file_target *t, const struct file_lines *x, int64_t size,
	size_t *at)
{
	size_t from = *at ? x->ends[*at - 1] : 0, to = from;

	while (*at < x->n && ((uint64_t)size + x->ends[*at] - from <= t->rotate_size ||
				     (size == 0 && to == from))) /* too long alone */
		to = x->ends[(*at)++];
	return span_from(x->text + from, to - from);
}

int file_write_lines(const struct file_target *t, const struct file_lines *x, struct err *e)
{
	size_t at = 0;

	while (at < x->n) {
		struct span now;
		int64_t size;
		int fd, rc;

		if (open_file(t->path, &fd, &size, e) < 0)
			return e->code;
		now = part(t, x, size, &at);
		rc = now.n ? write_all(fd, now, size, e) : 0;
		file_close(fd);
		if (rc < 0 || (!now.n && rotate(t, e) < 0))
			return e->code;
	}
	return 0;
}
