/* One small file a route: written beside, synced, renamed. */
#include "agent/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURSOR_FORMAT \
	"invar-cursor 1 cursor %" PRIu64 " lost %" PRIu64 " left-out %" PRIu64 " %" PRIu64 \
	" %" PRIu64 " %" PRId64 " %" PRId64 "\n"
#define CURSOR_SCAN \
	"invar-cursor 1 cursor %" SCNu64 " lost %" SCNu64 " left-out %" SCNu64 " %" SCNu64 \
	" %" SCNu64 " %" SCNd64 " %" SCNd64
#define CURSOR_BYTES 512

static int open_spool(const struct lane *l, struct err *e)
{
	int fd = open(l->link->setup->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "cannot open the spool '%s'", l->link->setup->spool) : fd;
}

static void file_name(const struct lane *l, const char *suffix, char ret[128])
{
	snprintf(ret, 128, "%s.%s", l->route->name, suffix);
}

static int parse(struct lane *l, const char *text, struct err *e)
{
	struct lane_loss loss = { 0 };
	uint64_t cursor, lost;

	if (sscanf(text, CURSOR_SCAN, &cursor, &lost, &loss.from, &loss.to, &loss.n,
		    &loss.time_from, &loss.time_to) != 7)
		return err_set(e, ERR_FORMAT, "the cursor of route '%s' cannot be read",
			l->route->name);
	l->cursor = l->saved = l->fetched = cursor;
	l->lost = lost;
	l->loss = loss;
	return 1;
}

int cursor_load(struct lane *l, struct err *e)
{
	char name[128], text[CURSOR_BYTES] = { 0 };
	int dir = open_spool(l, e), fd;
	ssize_t n;

	if (dir < 0)
		return dir;
	file_name(l, "cursor", name);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(dir);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, "cannot open the cursor '%s'", name);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	return n < 0 ? err_sys(e, "cannot read the cursor '%s'", name) : parse(l, text, e);
}

static int write_new(int dir, const char *name, const char *text, size_t n, struct err *e)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool fine;

	if (fd < 0)
		return err_sys(e, "cannot make '%s' in the spool", name);
	fine = write(fd, text, n) == (ssize_t)n && fdatasync(fd) == 0;
	if (!fine)
		(void)err_sys(e, "cannot write '%s' in the spool", name);
	close(fd);
	return fine ? 0 : e->code;
}

int cursor_save(struct lane *l, struct err *e)
{
	char beside[128], name[128], text[CURSOR_BYTES];
	const struct lane_loss *s = &l->loss;
	int dir = open_spool(l, e), rc;
	int n = snprintf(text, sizeof text, CURSOR_FORMAT, l->cursor, l->lost, s->from, s->to, s->n,
		s->time_from, s->time_to);

	if (dir < 0)
		return dir;
	file_name(l, "cursor", name);
	file_name(l, "cursor.new", beside);
	rc = write_new(dir, beside, text, (size_t)n, e);
	if (rc == 0 && renameat(dir, beside, dir, name) < 0)
		rc = err_sys(e, "cannot replace '%s' in the spool", name);
	if (rc == 0 && fsync(dir) < 0)
		rc = err_sys(e, "cannot sync the spool");
	if (rc == 0)
		l->saved = l->cursor;
	close(dir);
	return rc;
}
