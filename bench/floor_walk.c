#include "bench/floor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_listxattrat /* kernel 6.13 */
#define SYS_listxattrat 465
#endif

#define NAMES_BYTES ((size_t)128 << 10)
#define NAMES_MAX (NAMES_BYTES / 24) /* a struct dirent64 takes at least as much */
#define AHEAD_BYTES (2 << 20)        /* of each file that is asked for ahead */
#define OPEN_FILES_MAX 64            /* waiting for a thread */

/* An open folder, closed when the last of those who look below it is done. */
struct folder {
	atomic_uint users;
	int fd;
	uint64_t inode;
};

/* Work for whichever thread is free: a folder to open, more names of a large one, or a large file.
 * So neither a folder of a million names nor one of a few huge files is left to one thread. */
struct work {
	struct work *next;
	enum { OPEN_FOLDER, LOOK_AT, HASH } what;
	struct folder *folder;
	struct floor_record r;
	int fd;
	size_t n;
	char names[];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct work *top; /* last in, first out: the walk goes deep, so few folders are open */
	size_t unfinished;
	size_t open_files;
} todo = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

struct entry {
	uint64_t inode;
	const char *name;
	uint8_t type;
};

static void *get(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		die("cannot get memory");
	return p;
}

static struct folder *folder_keep(struct folder *f)
{
	atomic_fetch_add_explicit(&f->users, 1, memory_order_relaxed);
	return f;
}

static void folder_drop(struct folder *f)
{
	if (f && atomic_fetch_sub_explicit(&f->users, 1, memory_order_acq_rel) == 1) {
		close(f->fd);
		free(f);
	}
}

static void work_push(struct work *w)
{
	pthread_mutex_lock(&todo.lock);
	w->next = todo.top;
	todo.top = w;
	todo.unfinished++;
	todo.open_files += w->what == HASH;
	pthread_cond_signal(&todo.more);
	pthread_mutex_unlock(&todo.lock);
}

/* NULL: all is done, or, unless `wait`, there is nothing just now. */
static struct work *work_pop(bool wait)
{
	struct work *w;

	pthread_mutex_lock(&todo.lock);
	while (wait && !todo.top && todo.unfinished)
		pthread_cond_wait(&todo.more, &todo.lock);
	w = todo.top;
	if (w) {
		todo.top = w->next;
		todo.open_files -= w->what == HASH;
	}
	pthread_mutex_unlock(&todo.lock);
	return w;
}

static void work_done(struct work *w)
{
	folder_drop(w->folder);
	free(w);
	pthread_mutex_lock(&todo.lock);
	if (--todo.unfinished == 0)
		pthread_cond_broadcast(&todo.more);
	pthread_mutex_unlock(&todo.lock);
}

static bool others_may_hash(void)
{
	bool may;

	pthread_mutex_lock(&todo.lock);
	may = todo.open_files < OPEN_FILES_MAX;
	pthread_mutex_unlock(&todo.lock);
	return may;
}

static void push_folder(struct folder *parent, const char *name)
{
	size_t n = strlen(name) + 1;
	struct work *w = get(sizeof *w + n);

	w->what = OPEN_FOLDER;
	w->folder = folder_keep(parent);
	memcpy(w->names, name, n);
	work_push(w);
}

/* A regular file that is open. */
static void file(struct floor_thread *t, struct folder *f, int fd)
{
	struct floor_record r = { .parent = f->inode };
	struct work *w;

	t->count.files++;
	if (floor_stat(t, fd, &r) < 0 || !S_ISREG(r.mode)) {
		t->count.errors++;
		close(fd);
		return;
	}
	if (r.size <= 8 * t->o->buffer || !others_may_hash()) {
		floor_hash(t, &r, fd);
		return;
	}
	w = get(sizeof *w);
	w->what = HASH;
	w->r = r;
	w->fd = fd;
	work_push(w);
}

static ssize_t list_xattrs(int folder, const char *name, char *list, size_t n)
{
	static atomic_bool by_path;
	char path[64 + NAME_MAX];

	if (!atomic_load_explicit(&by_path, memory_order_relaxed)) {
		ssize_t got = syscall(SYS_listxattrat, folder, name, AT_SYMLINK_NOFOLLOW, list, n);

		if (got >= 0 || errno != ENOSYS)
			return got;
		atomic_store_explicit(&by_path, true, memory_order_relaxed);
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name);
	return llistxattr(path, list, n);
}

/* Anything that need not be opened. */
static void by_name(struct floor_thread *t, struct folder *f, const char *name)
{
	struct floor_record r = { .parent = f->inode };
	char text[4096];
	struct statx x;
	ssize_t n;

	if (statx(f->fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		    STATX_BASIC_STATS | STATX_BTIME, &x)) {
		t->count.errors++;
		return;
	}
	floor_record_stat(&r, &x);
	if (t->o->xattrs && (n = list_xattrs(f->fd, name, text, sizeof text)) > 0)
		r.xattr_bytes = (uint32_t)n;
	if (S_ISLNK(r.mode) && t->o->content &&
		(n = readlinkat(f->fd, name, text, sizeof text)) > 0)
		r.target_bytes = (uint32_t)n;
	t->count.files += S_ISREG(r.mode);
	floor_keep(t, &r);
	if (S_ISDIR(r.mode)) /* a file system that tells no types */
		push_folder(f, name);
}

static void entry(struct floor_thread *t, struct folder *f, const struct entry *e)
{
	t->count.entries++;
	if (e->type == DT_DIR) {
		push_folder(f, e->name);
	} else if (e->type == DT_REG && t->o->content) {
		int fd = floor_open(f->fd, e->name);

		if (fd < 0)
			t->count.errors++;
		else
			file(t, f, fd);
	} else {
		by_name(t, f, e->name);
	}
}

/* Open a number of files and ask for their content, then look at them in order: the disk has many
 * requests at once to choose from. */
static void window(struct floor_thread *t, struct folder *f, const struct entry *e, size_t n)
{
	int fds[FLOOR_WINDOW_MAX];

	for (size_t i = 0; i < n; i++) {
		fds[i] = -1;
		if (e[i].type != DT_REG || (fds[i] = floor_open(f->fd, e[i].name)) < 0)
			continue;
		(void)posix_fadvise(fds[i], 0, AHEAD_BYTES, POSIX_FADV_WILLNEED);
	}
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < 0) {
			entry(t, f, &e[i]);
			continue;
		}
		t->count.entries++;
		file(t, f, fds[i]);
	}
}

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void look_at(struct floor_thread *t, struct folder *f, const char *names, size_t bytes)
{
	static _Thread_local struct entry list[NAMES_MAX];
	size_t n = 0, step = t->o->content ? t->o->window : 0;

	for (size_t at = 0; at < bytes;) {
		const struct dirent64 *d = (const void *)(names + at);

		at += d->d_reclen;
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		list[n++] = (struct entry){ d->d_ino, d->d_name, d->d_type };
	}
	if (t->o->inode_order)
		qsort(list, n, sizeof *list, by_inode);
	for (size_t i = 0; step && i < n; i += step)
		window(t, f, list + i, n - i < step ? n - i : step);
	for (size_t i = 0; !step && i < n; i++)
		entry(t, f, &list[i]);
}

static void list_folder(struct floor_thread *t, struct folder *f)
{
	for (;;) {
		long n = syscall(SYS_getdents64, f->fd, t->names, NAMES_BYTES);

		if (n < 0)
			t->count.errors++;
		if (n <= 0)
			return;
		if ((size_t)n < NAMES_BYTES / 2) { /* nothing follows, as a rule */
			look_at(t, f, t->names, (size_t)n);
			continue;
		}
		struct work *w = get(sizeof *w + (size_t)n);
		w->what = LOOK_AT;
		w->folder = folder_keep(f);
		w->n = (size_t)n;
		memcpy(w->names, t->names, w->n);
		work_push(w);
	}
}

static void open_folder(struct floor_thread *t, struct folder *parent, const char *name)
{
	struct floor_record r = { .parent = parent->inode };
	struct folder *f;
	int fd = floor_open(parent->fd, name);

	if (fd < 0 || floor_stat(t, fd, &r) < 0) {
		t->count.errors++;
		if (fd >= 0)
			close(fd);
		return;
	}
	floor_keep(t, &r);
	f = get(sizeof *f);
	f->users = 1;
	f->fd = fd;
	f->inode = r.inode;
	list_folder(t, f);
	folder_drop(f);
}

static void *walker(void *arg)
{
	struct floor_thread *t = arg;

	for (;;) {
		struct work *w = work_pop(false);

		if (!w && floor_hash_some(t))
			continue;
		if (!w && !(w = work_pop(true)))
			break;
		if (w->what == OPEN_FOLDER)
			open_folder(t, w->folder, w->names);
		else if (w->what == LOOK_AT)
			look_at(t, w->folder, w->names, w->n);
		else
			floor_hash(t, &w->r, w->fd);
		work_done(w);
	}
	floor_flush(t);
	return NULL;
}

void floor_walk(struct floor_thread *threads, unsigned n, int folder)
{
	struct folder *f = get(sizeof *f);

	f->users = 1;
	f->fd = folder;
	push_folder(f, ".");
	folder_drop(f);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i].id, NULL, walker, &threads[i]))
			die("cannot start a thread");
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
}
