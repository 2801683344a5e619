/* From a handle to the paths at which it is seen. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "watch/files/files.h"

#define PLACES_MAX 256 /* of one folder: so many mounts show it */
#define CLIMB_MAX 4096
#define TRIES 3
#define BETWEEN_TRIES_US 1000

void resolve_close(struct files *f)
{
	for (size_t i = 0; i < f->n_fs; i++) {
		if (f->fs[i].fd >= 0)
			close(f->fs[i].fd);
		f->fs[i].fd = -1;
	}
}

/* What was to be had and is refused, for want of memory say, is no reason to take it for gone:
 * nobody knows what it was, so it is lost wherever the file system shows. */
static void refused(struct files *f, uint64_t device)
{
	f->refused = true;
	for (size_t i = 0; i < f->map->n; i++)
		if (f->map->row[i].device == device && !f->map->row[i].hidden)
			files_loss(f, f->map->row[i].point, f->time, 1,
				"the kernel could not say which file something happened to");
}

static bool is_shortage(int sys)
{
	return sys == ENOMEM || sys == ENOBUFS || sys == EMFILE || sys == ENFILE || sys == EINTR ||
	       sys == EAGAIN;
}

static int open_point(struct files *f, const struct mount_row *row)
{
	char point[PATH_MAX];
	struct statx x;
	int fd;

	if (row->hidden || row->point.n >= sizeof point)
		return -1;
	memcpy(point, row->point.p, row->point.n);
	point[row->point.n] = '\0';
	fd = open(point, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (is_shortage(errno))
			refused(f, row->device);
		return -1;
	}
	/* the table may be older than what is mounted there now */
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0 && (x.stx_mask & STATX_MNT_ID) &&
		x.stx_mnt_id != row->id) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_handle(struct files *f, const struct mount_row *row, int fd, struct span handle)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { 0 };
	unsigned tries = f->loss.open ? 1 : TRIES; /* it is lost already: nobody waits for more */
	int at = -1;

	memcpy(&u.h.handle_bytes, handle.p + 8, 4);
	memcpy(&u.h.handle_type, handle.p + 12, 4);
	if (u.h.handle_bytes > MAX_HANDLE_SZ || u.h.handle_bytes > handle.n - FAN_HANDLE_HEAD)
		return -1;
	memcpy(u.h.f_handle, handle.p + FAN_HANDLE_HEAD, u.h.handle_bytes);
	for (unsigned i = 0; i < tries && at < 0; i++) {
		if (i > 0)
			usleep(BETWEEN_TRIES_US);
		at = open_by_handle_at(fd, &u.h, O_PATH | O_CLOEXEC);
		if (at < 0 && (errno == ESTALE || errno == ENOENT))
			return -1; /* it is gone */
	}
	if (at < 0)
		refused(f, row->device);
	return at;
}

/* The path of a descriptor by the mount it was opened by. -ENAMETOOLONG: longer than a path may be.
 */
static int path_of(int fd, char *ret, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return (int)n;
}

/* Is what fd shows below the root of the mount? Of what lies outside, the kernel refuses to go up.
 */
static bool is_reachable(int fd, const struct mount_row *row, struct span path)
{
	int up;

	if (span_is(row->root, "/") || span_same(path, row->point))
		return true;
	up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (up < 0)
		return false;
	close(up);
	return true;
}

/* Of a folder whose path is too long: the next one above whose path is not. */
static int climb(int fd, char *path, size_t size)
{
	int n = -ENAMETOOLONG, at = dup(fd);

	for (unsigned i = 0; i < CLIMB_MAX && at >= 0 && n == -ENAMETOOLONG; i++) {
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(at);
		at = up;
		n = at >= 0 ? path_of(at, path, size) : -errno;
	}
	if (at >= 0)
		close(at);
	return n;
}

struct found {
	struct place *place;
	size_t n;
};

static bool has_place(const struct found *x, struct span path, const char *only)
{
	for (size_t i = 0; i < x->n; i++)
		if (span_same(x->place[i].path, path) && !x->place[i].only == !only)
			return true;
	return false;
}

static void add_place(struct found *x, struct place *p)
{
	x->place = mem_grow(x->place, x->n + 1, sizeof *x->place);
	x->place[x->n++] = *p;
}

/* Everywhere the folder is seen, and its entries that are mounted alone elsewhere. */
static void add_places(struct files *f, uint64_t device, struct span inside, bool coarse,
	struct found *x)
{
	for (size_t i = 0; i < f->map->n && x->n < PLACES_MAX; i++) {
		const struct mount_row *row = &f->map->row[i];
		struct span path, name;
		struct place p;

		if (row->device != device || row->hidden)
			continue;
		if (mount_map_outside(f->map, row, inside, f->w->scratch, &path)) {
			if (!has_place(x, path, NULL) && asker_place(&f->asker, path, &p)) {
				p.coarse = coarse;
				add_place(x, &p);
			}
		} else if (row->root.n > inside.n && path_is_below(row->root, inside)) {
			name = span_from_offset(row->root, inside.n == 1 ? 1 : inside.n + 1);
			if (memchr(name.p, '/', name.n) || has_place(x, row->point, name.p))
				continue;
			if (asker_entry(&f->asker, row->point, name, &p))
				add_place(x, &p);
		}
	}
}

/* By one mount. True: it is settled, whether found or gone; false: try another one. */
static bool by_mount(struct files *f, const struct mount_row *row, int fd, struct span handle,
	struct found *ret)
{
	int at = open_handle(f, row, fd, handle);
	char path[PATH_MAX + 1];
	struct stat st;
	struct span inside;
	bool done = false, coarse;
	int n;

	if (at < 0)
		return true;
	if (fstat(at, &st) < 0 || st.st_nlink == 0) {
		close(at);
		return true;
	}
	n = path_of(at, path, sizeof path);
	coarse = n == -ENAMETOOLONG;
	if (coarse)
		n = climb(at, path, sizeof path);
	if (n > 0 && is_reachable(at, row, span_from(path, (size_t)n)) &&
		mount_map_inside(row, span_from(path, (size_t)n), f->w->scratch, &inside)) {
		add_places(f, row->device, inside, coarse, ret);
		done = true;
	}
	if (n < 0 && is_shortage(-n))
		refused(f, row->device);
	close(at);
	return done;
}

static void by_filesystem(struct files *f, struct filesystem *fs, struct span handle,
	struct found *ret)
{
	if (fs->fd >= 0 && by_mount(f, fs->fd_row, fs->fd, handle, ret))
		return;
	for (size_t i = 0; i < f->map->n; i++) {
		const struct mount_row *row = &f->map->row[i];
		int fd;

		if (row->device != fs->device || (fs->fd >= 0 && row == fs->fd_row))
			continue;
		fd = open_point(f, row);
		if (fd < 0)
			continue;
		if (by_mount(f, row, fd, handle, ret)) {
			if (fs->fd >= 0)
				close(fs->fd);
			fs->fd = fd;
			fs->fd_row = row;
			return;
		}
		close(fd);
	}
}

/* Not to be remembered as a folder that nobody wants to hear of; and what it was may have moved
 * folders that are remembered. */
static void forget(struct files *f, struct found *x)
{
	for (size_t i = 0; i < x->n; i++)
		place_done(&x->place[i], f->cache.selector);
	free(x->place);
	folder_cache_clear(&f->cache);
}

const struct folder *resolve_folder(struct files *f, struct span handle)
{
	struct folder *d = folder_cache_find(&f->cache, handle);
	struct found x = { 0 };

	if (d)
		return d;
	++*f->n_resolved;
	f->refused = false;
	arena_clear(f->w->scratch);
	/* two file systems may have the same number: copies of an image */
	for (size_t i = 0; i < f->n_fs; i++)
		if (f->fs[i].state == FS_MARKED && memcmp(f->fs[i].fsid, handle.p, 8) == 0)
			by_filesystem(f, &f->fs[i], handle, &x);
	arena_clear(f->w->scratch);
	if (f->refused) {
		forget(f, &x);
		return NULL;
	}
	d = folder_cache_put(&f->cache, handle, x.place, x.n);
	*f->n_folders = f->cache.n;
	return d;
}

static bool file_by_mount(struct files *f, const struct mount_row *row, struct span handle,
	struct buf *ret)
{
	char path[PATH_MAX + 1];
	struct stat st, there;
	int fd = open_point(f, row), at = fd < 0 ? -1 : open_handle(f, row, fd, handle), n = -1;
	struct span inside, outside;
	bool found = false;

	if (at >= 0 && fstat(at, &st) == 0 && st.st_nlink > 0)
		n = path_of(at, path, sizeof path);
	if (n > 0 && lstat(path, &there) == 0 && there.st_ino == st.st_ino &&
		there.st_dev == st.st_dev &&
		mount_map_inside(row, span_from(path, (size_t)n), f->w->scratch, &inside) &&
		mount_map_outside(f->map, row, inside, f->w->scratch, &outside)) {
		buf_add_span(ret, outside);
		found = true;
	}
	if (at >= 0)
		close(at);
	if (fd >= 0)
		close(fd);
	return found;
}

bool resolve_file(struct files *f, struct span handle, struct buf *ret)
{
	bool found = false;

	arena_clear(f->w->scratch);
	for (size_t i = 0; i < f->n_fs && !found; i++) {
		if (f->fs[i].state != FS_MARKED || memcmp(f->fs[i].fsid, handle.p, 8) != 0)
			continue;
		for (size_t k = 0; k < f->map->n && !found; k++)
			if (f->map->row[k].device == f->fs[i].device)
				found = file_by_mount(f, &f->map->row[k], handle, ret);
	}
	arena_clear(f->w->scratch);
	return found;
}

bool resolve_inode(struct files *f, struct span handle, struct stat *ret)
{
	for (size_t i = 0; i < f->n_fs; i++) {
		if (f->fs[i].state != FS_MARKED || memcmp(f->fs[i].fsid, handle.p, 8) != 0)
			continue;
		for (size_t k = 0; k < f->map->n; k++) {
			const struct mount_row *row = &f->map->row[k];
			int fd, at;
			bool ok;

			if (row->device != f->fs[i].device)
				continue;
			fd = open_point(f, row);
			at = fd < 0 ? -1 : open_handle(f, row, fd, handle);
			ok = at >= 0 && fstat(at, ret) == 0;
			if (at >= 0)
				close(at);
			if (fd >= 0)
				close(fd);
			if (ok)
				return true;
		}
	}
	return false;
}
