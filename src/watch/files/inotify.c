#include "watch/files/inotify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

#define WATCHES_MAX 16384
#define BUCKETS 4096
#define BLOCK ((size_t)64 << 10)
#define DRAIN_MAX ((size_t)8 << 20) /* more than the kernel's queue holds */
#define WANTED \
	(IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | \
		IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

struct watched {
	int wd;
	uint32_t next; /* 1 + index */
	bool seen;
	struct place place;
};

struct inotify_watches {
	int fd;
	struct event *readable;
	struct watched *list;
	size_t n, cap;
	uint32_t bucket[BUCKETS];
	struct buf todo; /* paths of folders still to be gone into, each with a NUL behind it */
	char *block;
	bool overflow;
	const char *limit; /* why go_into could not watch everything; NULL: it could */
};

/* ---- the table ---- */

static struct watched *look(const struct inotify_watches *t, int wd)
{
	for (uint32_t i = t->bucket[(unsigned)wd % BUCKETS]; i; i = t->list[i - 1].next)
		if (t->list[i - 1].wd == wd)
			return &t->list[i - 1];
	return NULL;
}

static uint32_t *link_to(struct inotify_watches *t, size_t i)
{
	uint32_t *at = &t->bucket[(unsigned)t->list[i].wd % BUCKETS];

	while (*at != i + 1)
		at = &t->list[*at - 1].next;
	return at;
}

static void forget(struct files *f, size_t i)
{
	struct inotify_watches *t = f->inotify;
	size_t last = t->n - 1;

	*link_to(t, i) = t->list[i].next;
	place_done(&t->list[i].place, &f->w->selector);
	if (i != last) {
		*link_to(t, last) = (uint32_t)i + 1;
		t->list[i] = t->list[last];
	}
	t->n--;
}

static struct watched *remember(struct inotify_watches *t, int wd)
{
	struct watched *x = look(t, wd);

	if (x)
		return x;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->list = mem_grow(t->list, t->cap, sizeof *t->list);
	}
	x = &t->list[t->n++];
	*x = (struct watched){ .wd = wd, .next = t->bucket[(unsigned)wd % BUCKETS] };
	t->bucket[(unsigned)wd % BUCKETS] = (uint32_t)t->n;
	return x;
}

/* ---- going into folders ---- */

/* What is gone, or may not be entered, is what a scan finds as well. */
static void note_limit(struct inotify_watches *t)
{
	if (errno == ENOSPC)
		t->limit = "fs.inotify.max_user_watches is reached: part of it is seen by scans "
			   "alone";
	else if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
		t->limit = "memory or descriptors ran out: part of it is seen by scans alone";
}

/* Watch one folder; false: do not go into it. */
static bool watch_folder(struct files *f, const char *path)
{
	struct inotify_watches *t = f->inotify;
	struct place p;
	struct watched *x;
	int wd;

	if (!asker_place(&f->asker, span_of(path), &p))
		return false;
	if (t->n >= WATCHES_MAX) {
		t->limit = "more than 16,384 folders: part of it is seen by scans alone";
		place_done(&p, &f->w->selector);
		return false;
	}
	wd = inotify_add_watch(t->fd, path, WANTED);
	if (wd < 0) {
		note_limit(t);
		place_done(&p, &f->w->selector);
		return false;
	}
	x = remember(t, wd);
	place_done(&x->place, &f->w->selector);
	x->place = p;
	x->seen = true;
	return p.scope || p.reaches;
}

static bool is_folder(int fd, const struct dirent *d)
{
	struct stat st;

	if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
		return false;
	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Put its folders on the list of those to be gone into, but for other mounts: they have their own
 * turn. */
static void list_folder(struct files *f, const char *path)
{
	struct inotify_watches *t = f->inotify;
	AUTO(buf) sub = BUF_INIT(PATH_MAX);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir)
		note_limit(t);
	while (dir && (d = readdir(dir))) {
		if (!is_folder(fd, d))
			continue;
		buf_clear(&sub);
		buf_addf(&sub, "%s/%s", strcmp(path, "/") == 0 ? "" : path, d->d_name);
		if (sub.full || mount_map_is_point(f->map, buf_span(&sub)))
			continue;
		buf_add_span(&t->todo, buf_span(&sub));
		buf_add_char(&t->todo, '\0');
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

/* The last path on the list comes first: then it stays short. */
static void go_into(struct files *f, struct span path)
{
	struct inotify_watches *t = f->inotify;
	char at[PATH_MAX];

	t->limit = NULL;
	if (path.n >= sizeof at)
		return;
	buf_clear(&t->todo);
	buf_add_span(&t->todo, path);
	buf_add_char(&t->todo, '\0');
	while (t->todo.n > 0) {
		size_t from = t->todo.n - 1;

		while (from > 0 && t->todo.p[from - 1] != '\0')
			from--;
		memcpy(at, t->todo.p + from, t->todo.n - from);
		t->todo.n = from;
		if (watch_folder(f, at))
			list_folder(f, at);
	}
	if (t->todo.full)
		t->limit = "too many folders: part of it is seen by scans alone";
}

/* ---- events ---- */

static void drop_below(struct files *f, struct span path)
{
	struct inotify_watches *t = f->inotify;

	for (size_t i = t->n; i-- > 0;) {
		if (!path_is_below(t->list[i].place.path, path))
			continue;
		inotify_rm_watch(t->fd, t->list[i].wd);
		forget(f, i);
	}
}

/* A folder came or went: what is below it is watched, or not any more. */
static void follow_folder(struct files *f, const struct inotify_event *x, struct span folder)
{
	AUTO(buf) path = BUF_INIT(PATH_MAX);

	buf_add_span(&path, folder);
	if (folder.n > 1)
		buf_add_char(&path, '/');
	buf_add_text(&path, x->name);
	if (path.full)
		return;
	if (x->mask & (IN_MOVED_FROM | IN_DELETE))
		drop_below(f, buf_span(&path));
	if (!(x->mask & (IN_CREATE | IN_MOVED_TO)))
		return;
	go_into(f, buf_span(&path));
	if (f->inotify->limit)
		marks_fail(f, buf_span(&path), f->inotify->limit);
}

static void take(struct files *f, const struct inotify_event *x)
{
	struct inotify_watches *t = f->inotify;
	struct fan_event as = { .mask = x->mask, .pid = (int32_t)FAN_NO_PID, .pidfd = -1 };
	struct watched *w;

	++*f->n_events;
	if (x->mask & IN_Q_OVERFLOW) {
		++*f->n_overflows;
		files_loss(f, span_of("/"), f->empty_at, 0,
			"the kernel's queue of inotify events was full");
		t->overflow = true;
		return;
	}
	w = look(t, x->wd);
	if (!w)
		return;
	if (x->mask & IN_IGNORED) {
		forget(f, (size_t)(w - t->list));
		return;
	}
	fan_at(f, &as, &w->place, x->len ? span_of(x->name) : SPAN_NONE);
	w = look(t, x->wd); /* whoever was told may have changed the table */
	if (w && (x->mask & IN_ISDIR) && x->len)
		follow_folder(f, x, w->place.path);
}

/* How many bytes were read; 0: there is nothing. */
static size_t take_block(struct files *f)
{
	struct inotify_watches *t = f->inotify;
	ssize_t got = read(t->fd, t->block, BLOCK);

	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *x = (const void *)(t->block + at);

		take(f, x);
		at += (ssize_t)(sizeof *x + x->len);
	}
	if (t->overflow) { /* folders may have come unseen */
		t->overflow = false;
		marks_refresh(f, true);
	}
	f->empty_at = f->time;
	return got > 0 ? (size_t)got : 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct files *f = ctx;

	(void)fd, (void)what;
	files_clock(f);
	(void)take_block(f);
	files_arm(f);
}

void inotify_drain(struct files *f)
{
	for (size_t n = 0, got = 1; f->inotify && got && n < DRAIN_MAX; n += got)
		got = take_block(f);
}

/* ---- the door ---- */

static const char *begin(struct files *f)
{
	struct inotify_watches *t = mem_new(sizeof *t);

	t->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	t->readable = t->fd < 0
			      ? NULL
			      : event_new(f->w->base, t->fd, EV_READ | EV_PERSIST, on_readable, f);
	if (!t->readable || event_add(t->readable, NULL) < 0) {
		if (t->readable)
			event_free(t->readable);
		if (t->fd >= 0)
			close(t->fd);
		free(t);
		return "inotify is refused, too: only scans see changes";
	}
	t->todo = BUF_INIT((size_t)4 << 20);
	t->block = mem_array(1, BLOCK);
	f->inotify = t;
	return NULL;
}

void inotify_begin(struct files *f)
{
	for (size_t i = 0; f->inotify && i < f->inotify->n; i++)
		f->inotify->list[i].seen = false;
}

const char *inotify_mount(struct files *f, struct span point)
{
	const char *why = f->inotify ? NULL : begin(f);

	if (why)
		return why;
	go_into(f, point);
	return f->inotify->limit;
}

void inotify_end(struct files *f)
{
	struct inotify_watches *t = f->inotify;

	for (size_t i = t ? t->n : 0; i-- > 0;) {
		if (t->list[i].seen)
			continue;
		inotify_rm_watch(t->fd, t->list[i].wd);
		forget(f, i);
	}
}

void inotify_stop(struct files *f)
{
	struct inotify_watches *t = f->inotify;

	if (!t)
		return;
	while (t->n > 0)
		forget(f, t->n - 1);
	event_free(t->readable);
	close(t->fd);
	buf_done(&t->todo);
	free(t->list);
	free(t->block);
	free(t);
	f->inotify = NULL;
}
