#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/buf.h"
#include "host/state.h"
#include "os/file.h"
#include "os/in_root.h"

#define LIST_BYTES ((size_t)32 << 10)
#define TARGET_MAX 4096

/* "" and "/" are the root itself. */
static const char *from_root(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

/* -1 and errno. */
static int open_below(struct host *h, const char *path, uint64_t flags)
{
	return in_root_open(h->root, from_root(path), flags);
}

static int read_all(int fd, const char *path, size_t max, struct buf *ret, struct err *e)
{
	int rc = file_read_all(fd, max, ret);

	if (rc < 0)
		return err_sys(e, "cannot read '%s'", path);
	return rc ? err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", path, max) : 0;
}

int host_read_at(int dirfd, const char *path, size_t max, struct arena *a, struct span *ret,
	struct err *e)
{
	AUTO(buf) text = BUF_INIT(max + 1);
	int fd = -1, rc = in_root_open_file(&fd, dirfd, path, e);
	struct stat st;

	if (rc < 0)
		return rc;
	/* Else it would be held in memory up to the cap only to be refused. */
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > max)
		rc = err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", path, max);
	else
		rc = read_all(fd, path, max, &text, e);
	close(fd);
	if (rc == 0)
		*ret = arena_copy(a, buf_span(&text));
	return rc;
}

int host_read(struct host *h, const char *path, size_t max, struct arena *a, struct span *ret,
	struct err *e)
{
	host_stamp(h, path, false);
	return host_read_at(h->root, path, max, a, ret, e);
}

int host_stat(struct host *h, const char *path, bool link, struct stat *ret, struct err *e)
{
	int fd, rc = 0;

	host_stamp(h, path, link);
	fd = open_below(h, path, (uint64_t)(O_PATH | (link ? O_NOFOLLOW : 0)));
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, ret) < 0)
		rc = err_sys(e, "cannot stat '%s'", path);
	close(fd);
	return rc;
}

int host_readlink(struct host *h, const char *path, struct arena *a, struct span *ret,
	struct err *e)
{
	char target[TARGET_MAX];
	ssize_t n;
	int fd;

	host_stamp(h, path, true);
	fd = open_below(h, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	n = readlinkat(fd, "", target, sizeof target);
	close(fd);
	if (n < 0) /* ENOENT is what an empty path to something else gives */
		return err_set(e, ERR_FORMAT, "'%s' is not a symbolic link", path);
	*ret = arena_copy(a, span_from(target, (size_t)n));
	return 0;
}

int host_open_file(struct host *h, const char *path, int flags, int *ret, struct err *e)
{
	int fd;

	host_stamp(h, path, false);
	if (!(flags & O_DIRECTORY))
		return in_root_open_file(ret, h->root, path, e);
	fd = open_below(h, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	*ret = fd;
	return 0;
}

/* ---- folders ---- */

struct dirent64_head { /* getdents64(2) */
	uint64_t inode;
	int64_t next;
	uint16_t n;
	uint8_t type;
	char name[];
};

struct listing {
	struct buf entries; /* struct host_entry each */
	struct arena *arena;
	size_t n, max;
};

static void listing_done(struct listing *l)
{
	buf_done(&l->entries);
}

static bool add_entry(struct listing *l, const struct dirent64_head *d)
{
	struct host_entry x = { .type = d->type };

	if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
		return true;
	if (l->n++ == l->max)
		return false;
	x.name = arena_copy(l->arena, span_of(d->name));
	buf_add(&l->entries, &x, sizeof x);
	return true;
}

static int list_all(int fd, const char *path, struct listing *l, struct err *e)
{
	_Alignas(struct dirent64_head) char block[LIST_BYTES];

	for (;;) {
		long n = syscall(SYS_getdents64, fd, block, sizeof block);

		if (n < 0)
			return err_sys(e, "cannot list '%s'", path);
		if (n == 0)
			return 0;
		for (long at = 0; at < n;) {
			const struct dirent64_head *d = (const void *)(block + at);

			if (!add_entry(l, d))
				return err_set(e, ERR_LIMIT, "'%s' has more than %zu entries", path,
					l->max);
			at += d->n;
		}
	}
}

static int compare_entries(const void *x, const void *y)
{
	const struct host_entry *a = x, *b = y;

	return span_compare(a->name, b->name);
}

int host_list(struct host *h, const char *path, size_t max, struct arena *a,
	struct host_entry **ret, size_t *ret_n, struct err *e)
{
	AUTO(listing) l = { BUF_INIT(max * sizeof(struct host_entry)), a, 0, max };
	struct host_entry *list;
	int fd = -1, rc = host_open_file(h, path, O_DIRECTORY, &fd, e);

	if (rc < 0)
		return rc;
	rc = list_all(fd, path, &l, e);
	close(fd);
	if (rc < 0)
		return rc;
	list = arena_get(a, l.entries.n + 1);
	if (l.n)
		memcpy(list, l.entries.p, l.entries.n);
	qsort(list, l.n, sizeof *list, compare_entries);
	*ret = list;
	*ret_n = l.n;
	return 0;
}
