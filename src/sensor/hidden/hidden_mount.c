/* Mounts that lie over something: over /proc/PID so that a process looks like another, or over a
 * folder of the system so that what is in it is out of sight. */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/mounts.h"
#include "sensor/hidden/hidden_look.h"

#define FINDINGS_MAX 256

/* The longest mount point that is a folder above. */
static const char *mount_above(const struct mounts *m, struct span path, struct arena *a)
{
	struct span up = path;
	const struct mount_point *p;

	while (up.n > 1 && up.p[up.n - 1] != '/')
		up.n--;
	while (up.n > 1 && up.p[up.n - 1] == '/')
		up.n--;
	p = mounts_find(m, up);
	return p ? arena_text(a, p->path) : "/";
}

/* The tree of one mount without those on top of it, attached nowhere: what stands below can be seen
 * without moving anything. -1: no right. */
static int clone_mount(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static bool has_entries(int dir, const char *path)
{
	_Alignas(8) char block[1024];
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long got = fd < 0 ? 0 : syscall(SYS_getdents64, fd, block, sizeof block), entries = 0;

	for (long at = 0; at < got; entries++) {
		unsigned short size;

		memcpy(&size, block + at + 16, sizeof size);
		at += size;
	}
	if (fd >= 0)
		close(fd);
	return entries > 2;
}

/* Something is below, and it is not what is seen on top. */
static bool covers(const struct mounts *m, struct span path, struct arena *a)
{
	const char *above = mount_above(m, path, a), *text = arena_text(a, path), *rest;
	struct stat top, below;
	bool yes = false;
	int fd = clone_mount(above);

	if (fd < 0)
		return false;
	rest = text + (strcmp(above, "/") == 0 ? 0 : strlen(above));
	while (*rest == '/')
		rest++;
	if (*rest && stat(text, &top) == 0 && fstatat(fd, rest, &below, AT_SYMLINK_NOFOLLOW) == 0 &&
		(top.st_ino != below.st_ino || top.st_dev != below.st_dev))
		yes = S_ISDIR(below.st_mode) ? has_entries(fd, rest)
					     : S_ISREG(below.st_mode) && below.st_size > 0;
	close(fd);
	return yes;
}

static void report(struct scan *s, const struct mount_point *p, enum mount_place place)
{
	struct arena *a = scan_arena(s);
	const char *path = arena_text(a, p->path);
	struct finding f = { .type = HIDDEN_MOUNT,
		.seen_by = { "mountinfo" },
		.missing_from = { "listing" } };

	f.key = span_of(arena_format(a, "mount%s", path));
	f.detail =
		place == MOUNT_PROCESS
			? arena_format(a, "a mount (%s) lies over '%s', which shows another then",
				  arena_text(a, p->type), path)
			: arena_format(a, "a mount (%s) lies over '%s', where other files are",
				  arena_text(a, p->type), path);
	hidden_report(s, &f);
}

int hidden_mounts(struct scan *s, struct err *e)
{
	AUTO_FREE(mounts) m = NULL;
	const struct mount_point *list;
	size_t n, found = 0;

	if (mounts_load(&m, e) < 0)
		return e->code;
	list = mounts_list(m, &n);
	for (size_t i = 0; i < n && found < FINDINGS_MAX; i++) {
		enum mount_place place = mount_place(list[i].path);

		/* A mount that may not answer is not asked. */
		if (place == MOUNT_ELSEWHERE ||
			(place == MOUNT_SYSTEM && mount_is_remote(&list[i])))
			continue;
		if (place == MOUNT_SYSTEM && !covers(m, list[i].path, scan_arena(s)))
			continue;
		report(s, &list[i], place);
		found++;
	}
	return 0;
}
