/* Digests of what runs: each file read once as long as it stays the same. */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "entity/who.h"
#include "watch/process/process_room.h"

#define DIGESTS 512 /* files that are remembered */
#define SIZE_MAX_READ ((uint64_t)64 << 20)
#define READ_BYTES ((size_t)128 << 10)
#define MOUNTS_BYTES ((size_t)1 << 20)

/* What makes a file the same one: whoever writes to it changes ctime. */
struct identity {
	uint64_t inode, size;
	uint32_t major, minor;
	struct statx_timestamp mtime, ctime;
};

struct digest {
	struct identity id;
	uint8_t sha256[SHA256_SIZE];
	bool used;
};

struct programs {
	struct digest slot[DIGESTS];
	struct sha256_set sha;
	char *mounts; /* room for mountinfo */
	char block[READ_BYTES];
};

struct programs *programs_new(void)
{
	struct programs *g = mem_new(sizeof *g);

	sha256_set_init(&g->sha);
	return g;
}

void programs_free(struct programs *g)
{
	if (!g)
		return;
	free(g->mounts);
	free(g);
}

static struct identity identity_of(const struct statx *st)
{
	struct identity id;

	memset(&id, 0, sizeof id);
	id.inode = st->stx_ino;
	id.size = st->stx_size;
	id.major = st->stx_dev_major;
	id.minor = st->stx_dev_minor;
	id.mtime.tv_sec = st->stx_mtime.tv_sec;
	id.mtime.tv_nsec = st->stx_mtime.tv_nsec;
	id.ctime.tv_sec = st->stx_ctime.tv_sec;
	id.ctime.tv_nsec = st->stx_ctime.tv_nsec;
	return id;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- is it of this machine ---- */

/* A file system whose reads do not wait for another machine or another program. */
static bool is_local_type(struct span type)
{
	static const char *const local[] = { "ext4", "ext3", "ext2", "xfs", "btrfs", "tmpfs",
		"ramfs", "rootfs", "f2fs", "squashfs", "erofs", "overlay", "zfs", "bcachefs", "jfs",
		"vfat", "exfat", "iso9660", "devtmpfs" };

	for (size_t i = 0; i < ARRAY_LEN(local); i++)
		if (span_is(type, local[i]))
			return true;
	return false;
}

/* "36 35 98:0 /root /mount options - type source options". Told by the number of the mount, and in
 * another mount namespace, whose mounts are not listed here, by its device. */
static bool type_in_line(struct span line, const char *mount, const char *device, struct span *ret)
{
	struct span id, field;

	if (!span_cut(&line, ' ', &id) || !span_cut(&line, ' ', &field) ||
		!span_cut(&line, ' ', &field))
		return false;
	if (!span_is(id, mount) && !span_is(field, device))
		return false;
	while (span_cut(&line, ' ', &field))
		if (span_is(field, "-"))
			return span_cut(&line, ' ', ret);
	return false;
}

/* A mount of a namespace of its own is in no list of ours. */
static bool is_in_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

static bool is_local(struct programs *g, int place, const struct statx *st)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct span rest, line, type;
	char mount[24], device[32];
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return false;
	if (!g->mounts)
		g->mounts = mem_array(MOUNTS_BYTES, 1);
	while (n < MOUNTS_BYTES && (r = read(fd, g->mounts + n, MOUNTS_BYTES - n)) > 0)
		n += (size_t)r;
	close(fd);
	snprintf(mount, sizeof mount, "%llu", (unsigned long long)st->stx_mnt_id);
	snprintf(device, sizeof device, "%u:%u", st->stx_dev_major, st->stx_dev_minor);
	for (rest = span_from(g->mounts, n); span_cut(&rest, '\n', &line);)
		if (type_in_line(line, mount, device, &type))
			return is_local_type(type);
	return is_in_memory(place);
}

/* ---- read ---- */

static void feed(struct sha256_set *s, const void *p, size_t n, bool last)
{
	sha256_feed(s, 0, p, n, last);
	while (sha256_busy(s, 0))
		sha256_run(s);
}

static bool read_digest(struct programs *g, int fd, uint8_t ret[SHA256_SIZE])
{
	ssize_t n;

	sha256_start(&g->sha, 0);
	while ((n = read(fd, g->block, sizeof g->block)) > 0)
		feed(&g->sha, g->block, (size_t)n, false);
	feed(&g->sha, NULL, 0, true);
	sha256_digest(&g->sha, 0, ret);
	return n == 0;
}

static bool stat_of(int fd, struct statx *ret)
{
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID,
		       ret) == 0;
}

/* place: found by name only, so that nothing is waited for. NULL, or why there is none. */
static const char *digest_at(struct programs *g, int place, const struct statx *st,
	uint8_t ret[SHA256_SIZE])
{
	struct identity id = identity_of(st), now;
	struct digest *d =
		&g->slot[(id.inode * UINT64_C(0x9e3779b97f4a7c15) >> 32 ^ id.minor) % DIGESTS];
	struct statx after;
	char path[48];
	int fd;
	bool good;

	if (d->used && same(&d->id, &id)) {
		memcpy(ret, d->sha256, SHA256_SIZE);
		return NULL;
	}
	if (!S_ISREG(st->stx_mode) || st->stx_size > SIZE_MAX_READ)
		return "it is larger than 64 MiB";
	if (!is_local(g, place, st))
		return "its file system may keep us waiting";
	snprintf(path, sizeof path, "/proc/self/fd/%d", place);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOATIME);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return "it cannot be opened";
	good = read_digest(g, fd, ret) && stat_of(fd, &after);
	close(fd);
	now = identity_of(&after);
	if (!good || !same(&now, &id))
		return "it changed while it was read";
	*d = (struct digest){ .id = id, .used = true };
	memcpy(d->sha256, ret, SHA256_SIZE);
	return NULL;
}

/* ---- the file of a process ---- */

static uint32_t device_of(const struct statx *st)
{
	return st->stx_dev_major << 20 | st->stx_dev_minor;
}

static bool is_apart(const struct processes *p, const struct image *i)
{
	return i->mounts && p->mounts[0] && i->mounts != p->mounts[0] && i->mounts != p->mounts[1];
}

/* In mounts of its own its path is no proof, and who makes files on his own file system chooses
 * their numbers. */
static bool is_likely(const struct processes *p, const struct image *i, const struct statx *st)
{
	return st->stx_ino == i->inode && (!is_apart(p, i) || i->device == device_of(st));
}

static bool is_older(const struct statx *st, uint64_t start)
{
	int64_t changed = st->stx_ctime.tv_sec * (int64_t)NS_PER_SECOND + st->stx_ctime.tv_nsec;

	return changed <= processes_wall(start);
}

/* While it lives: what it runs, even when the name is gone. Else what stands at the path, if that
 * is the same file and was not touched since. */
static int place_of(struct processes *p, const struct life *l, const struct image *i,
	uint64_t began, struct statx *st)
{
	char path[4096];
	int fd = -1;

	if (!l->ended && (i == l->image || i->inode)) {
		snprintf(path, sizeof path, "%u/exe", l->pid);
		fd = openat(p->proc, path, O_PATH | O_CLOEXEC);
		if (fd >= 0 && stat_of(fd, st) && (!i->inode || st->stx_ino == i->inode))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	if (i->deleted || !i->inode || i->exe.n == 0 || i->exe.n >= sizeof path)
		return -1;
	memcpy(path, i->exe.p, i->exe.n);
	path[i->exe.n] = '\0';
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && stat_of(fd, st) && is_likely(p, i, st) && is_older(st, began))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void image_digest(struct processes *p, const struct life *l, struct image *i, uint64_t began)
{
	struct statx st;
	int place;

	if (i->asked)
		return;
	i->asked = true;
	place = place_of(p, l, i, began, &st);
	if (place < 0) {
		i->unread = "it runs no more, and its file is gone, changed or not at its path";
		return;
	}
	i->unread = digest_at(p->programs, place, &st, i->sha256);
	i->n_sha256 = i->unread ? 0 : SHA256_SIZE;
	close(place);
}

/* ---- whose path it is ---- */

/* While it lives its file itself is compared, else what is known of it. */
static bool is_file(struct processes *p, const struct life *l, const struct image *i,
	const struct statx *there)
{
	char path[32];
	struct statx st;

	snprintf(path, sizeof path, "%u/exe", l->pid);
	if (!l->ended && i == l->image &&
		statx(p->proc, path, AT_STATX_DONT_SYNC, STATX_INO, &st) == 0)
		return st.stx_ino == there->stx_ino && device_of(&st) == device_of(there);
	/* A file system over several devices tells each file another one than the kernel has. */
	return !i->inode ||
	       (i->inode == there->stx_ino &&
		       (!i->device || i->device == device_of(there) || there->stx_dev_major == 0));
}

void image_place(struct processes *p, const struct life *l, struct image *i)
{
	char path[4096];
	struct statx there;

	if (i->placed)
		return;
	i->placed = true;
	if (!is_apart(p, i))
		return;
	i->place = WHO_APART;
	if (i->exe.n == 0 || i->exe.n >= sizeof path)
		return;
	memcpy(path, i->exe.p, i->exe.n);
	path[i->exe.n] = '\0';
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		    STATX_INO, &there) == 0 &&
		!is_file(p, l, i, &there))
		i->place |= WHO_REPLACED;
}
