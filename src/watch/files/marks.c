/* The mount table: which file systems are marked, and what changes when it does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/file.h"
#include "os/mounts.h"
#include "watch/files/files.h"
#include "watch/files/inotify.h"
#include "watch/files/mount_changes.h"
#include "watch/files/mounters.h"

#define MOUNTINFO_MAX ((size_t)8 << 20)

struct filesystem *marks_by_device(struct files *f, uint64_t device)
{
	for (size_t i = 0; i < f->n_fs; i++)
		if (f->fs[i].device == device)
			return &f->fs[i];
	return NULL;
}

/* ---- what the collector is told ---- */

static struct told_means *told_of(struct files *f, struct span point)
{
	for (size_t i = 0; i < f->n_told; i++)
		if (span_is(point, f->told[i].point))
			return &f->told[i];
	return NULL;
}

/* One row of what is to be told; sent at once or, when the channel is full, by marks_tell. */
static void means(struct files *f, struct span point, const struct filesystem *fs)
{
	struct told_means *t = told_of(f, point);
	const char *name = fs->state == FS_INOTIFY ? "inotify" : "fanotify";
	bool in_force = fs->state == FS_MARKED || fs->state == FS_INOTIFY;

	if (!t) {
		f->told = mem_grow(f->told, f->n_told + 1, sizeof *f->told);
		t = &f->told[f->n_told++];
		*t = (struct told_means){ .point = mem_copy(point.p, point.n), .dirty = true };
	}
	t->seen = true;
	if (t->name != name || t->in_force != in_force || strcmp(t->text, fs->why) != 0)
		t->dirty = true;
	t->name = name;
	t->in_force = in_force;
	snprintf(t->text, sizeof t->text, "%s", fs->why);
}

static bool tell_one(struct files *f, struct told_means *t)
{
	struct notice n = { .type = NOTICE_MEANS,
		.means = { .kind = &kind_file,
			.scope = span_of(t->point),
			.name = span_of(t->name),
			.in_force = t->in_force,
			.gone = !t->seen,
			.text = span_of(t->text) } };

	if (t->dirty && !watcher_send(f->w, &n))
		return false;
	t->dirty = false;
	return true;
}

bool marks_tell(struct files *f)
{
	for (size_t i = 0; i < f->n_told;) {
		struct told_means *t = &f->told[i];

		if (!tell_one(f, t))
			return false;
		if (t->seen) {
			i++;
			continue;
		}
		free(t->point); /* its end was told */
		*t = f->told[--f->n_told];
	}
	return true;
}

void marks_fail(struct files *f, struct span path, const char *why)
{
	const struct mount_row *row = mount_map_find(f->map, path);
	struct told_means *t = row ? told_of(f, row->point) : NULL;

	if (!t || !t->in_force)
		return;
	t->in_force = false;
	t->dirty = true;
	snprintf(t->text, sizeof t->text, "%s", why);
	marks_tell(f);
}

/* Those that are mounted no longer, or that nobody asks for any more. */
static void forget_means(struct files *f)
{
	for (size_t i = 0; i < f->n_told; i++) {
		struct told_means *t = &f->told[i];

		if (t->seen)
			continue;
		t->in_force = false;
		t->dirty = true;
		snprintf(t->text, sizeof t->text, "not mounted there any more, or not asked for");
	}
}

/* ---- marking ---- */

/* Made of the kernel's own data: what changes in them raises no events. */
static bool is_pseudo(struct span type)
{
	static const char *const types[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts",
		"tracefs", "debugfs", "bpf", "securityfs", "pstore", "fusectl", "configfs",
		"mqueue", "binfmt_misc", "efivarfs", "rpc_pipefs", "selinuxfs", "nsfs" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

static const char *why_not(int sys)
{
	switch (sys) {
	case EOPNOTSUPP:
	case EXDEV:
		return "this file system has no file handles for fanotify";
	case ENODEV:
	case EINVAL:
		return "this file system raises no events";
	case ENOSPC:
		return "too many fanotify marks of this user";
	case EACCES:
	case EPERM:
		return "not permitted";
	default:
		return strerror(sys);
	}
}

static void by_inotify(struct files *f, struct filesystem *fs, const struct mount_row *row,
	const char *why)
{
	const char *limit = inotify_mount(f, row->point);

	fs->state = limit ? FS_REFUSED : FS_INOTIFY;
	snprintf(fs->why, sizeof fs->why, "%s; %s", why,
		limit ? limit : "by inotify: who is not known, a write elsewhere not heard of");
}

static void mark(struct files *f, struct filesystem *fs, const struct mount_row *row)
{
	int sys = f->fan_fd < 0 ? 0 : fan_mark(f, row, fs->fsid);

	if (f->fan_fd >= 0 && sys == 0) {
		fs->state = FS_MARKED;
		fs->why[0] = '\0';
	} else if (is_pseudo(row->type)) {
		fs->state = FS_REFUSED;
		snprintf(fs->why, sizeof fs->why,
			"made by the kernel, raises no events: only scans see changes");
	} else {
		by_inotify(f, fs, row, sys ? why_not(sys) : f->no_fan);
	}
}

/* A mount of interest. */
static void take_mount(struct files *f, const struct mount_row *row)
{
	struct filesystem *fs = marks_by_device(f, row->device);
	struct mount_point p = { row->point, row->type };

	if (is_pseudo(row->type) && asker_path(&f->asker, row->point))
		return; /* the walk does not enter it, either */
	if (!fs) {
		if (f->n_fs == FILESYSTEMS_MAX) {
			f->too_many = true;
			return;
		}
		fs = &f->fs[f->n_fs++];
		*fs = (struct filesystem){ .device = row->device, .fd = -1 };
	}
	if (mount_is_remote(&p)) {
		fs->state = FS_REFUSED;
		snprintf(fs->why, sizeof fs->why,
			"served by a program or another machine: only scans see changes");
	} else if (!fs->seen || fs->state != FS_MARKED) {
		mark(f, fs, row); /* again, too: it may have been mounted anew */
	}
	fs->seen = true;
	means(f, row->point, fs);
}

static void drop_unseen(struct files *f)
{
	for (size_t i = 0; i < f->n_fs;)
		if (f->fs[i].seen)
			i++;
		else
			f->fs[i] = f->fs[--f->n_fs];
}

static void mark_all(struct files *f)
{
	resolve_close(f);
	for (size_t i = 0; i < f->n_fs; i++)
		f->fs[i].seen = false;
	for (size_t i = 0; i < f->n_told; i++)
		f->told[i].seen = false;
	f->too_many = false;
	inotify_begin(f);
	for (size_t i = 0; i < f->map->n; i++) {
		const struct mount_row *row = &f->map->row[i];

		if (!row->hidden && asker_touches(&f->asker, row->point))
			take_mount(f, row);
	}
	inotify_end(f);
	drop_unseen(f);
	forget_means(f);
	marks_tell(f);
	if (f->too_many || f->map->cut)
		files_loss(f, span_of("/"), f->time, 0,
			"more file systems or mounts than can be watched");
}

/* ---- changes of the table ---- */

static struct mount_map *read_table(struct files *f)
{
	AUTO(buf) text = BUF_INIT(MOUNTINFO_MAX);
	off_t at = 0;

	for (;;) {
		char *room = buf_room(&text, 16384);
		ssize_t n = room ? pread(f->mounts_fd, room, 16384, at) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		text.n += (size_t)n;
		at += n;
	}
	return mount_map_new(buf_span(&text));
}

void marks_refresh(struct files *f, bool policy_changed)
{
	struct mount_map *map, *old = f->map;

	mounters_hear(f->mounters);
	map = read_table(f);
	if (!map) {
		files_loss(f, span_of("/"), f->time, 0, "the table of mounts cannot be read");
		return;
	}
	folder_cache_clear(&f->cache);
	resolve_close(f);
	f->map = map;
	f->asker.map = map;
	asker_reset(&f->asker);
	mark_all(f);
	if (old && !policy_changed) /* a policy's beginning is followed by a scan, mounts are not */
		mount_changes(f, old, map);
	mount_map_free(old);
	files_arm(f);
}

static void on_mounts(evutil_socket_t fd, short what, void *ctx)
{
	struct files *f = ctx;
	struct epoll_event x;

	(void)what;
	while (epoll_wait(fd, &x, 1, 0) > 0) /* seeing it is what resets it */
		;
	files_clock(f);
	marks_refresh(f, false);
}

int marks_start(struct files *f, struct err *e)
{
	struct epoll_event x = { .events = EPOLLPRI };

	f->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (f->mounts_fd < 0)
		return err_sys(e, "cannot open '/proc/self/mountinfo'");
	/* libevent knows no EPOLLPRI, and for reading the table is always ready */
	f->mounts_poll = epoll_create1(EPOLL_CLOEXEC);
	if (f->mounts_poll < 0 || epoll_ctl(f->mounts_poll, EPOLL_CTL_ADD, f->mounts_fd, &x) < 0)
		return err_sys(e, "cannot wait for changes of the table of mounts");
	f->mounts_event = event_new(f->w->base, f->mounts_poll, EV_READ | EV_PERSIST, on_mounts, f);
	if (!f->mounts_event || event_add(f->mounts_event, NULL) < 0)
		return err_set(e, ERR_SYSTEM, "cannot wait for changes of the table of mounts");
	f->mounters = mounters_new(f, mount_changes_late);
	marks_refresh(f, true);
	return 0;
}

void marks_stop(struct files *f)
{
	if (f->mounts_event)
		event_free(f->mounts_event);
	if (f->mounts_poll >= 0)
		close(f->mounts_poll);
	if (f->mounts_fd >= 0)
		close(f->mounts_fd);
	for (size_t i = 0; i < f->n_told; i++)
		free(f->told[i].point);
	free(f->told);
	mounters_free(f->mounters);
	mount_changes_forget(f);
	resolve_close(f);
	mount_map_free(f->map);
}
