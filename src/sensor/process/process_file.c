/* The files a process runs: its executable, code it has mapped. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/package.h"
#include "os/in_root.h"
#include "sensor/process/process_look.h"

#define TARGET_MAX 4096
#define DELETED " (deleted)"
#define SLOTS_FIRST 512

int look_open(int fd, const char *path, uint64_t flags)
{
	int root = openat(fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), f, failed;

	if (root < 0)
		return -1;
	f = in_root_open(root, path, flags);
	failed = errno;
	close(root);
	errno = failed;
	return f;
}

static bool stat_in_root(int fd, const char *path, struct stat *ret)
{
	int f = look_open(fd, path, O_PATH | O_NOFOLLOW);
	bool there = f >= 0 && fstat(f, ret) == 0;

	if (f >= 0)
		close(f);
	return there;
}

/* Somebody who is neither root nor the user it runs as may write here. */
static bool others_may_write(const struct stat *st, const struct process *p, bool folder)
{
	if (st->st_uid != 0 && st->st_uid != p->euid)
		return true;
	if (folder && (st->st_mode & S_ISVTX))
		return false; /* may add, but not replace what is another's */
	return (st->st_mode & S_IWOTH) ||
	       ((st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != p->egid);
}

/* The file, or any folder above it. */
static bool is_writable(struct look *l, const struct process *p, const struct stat *file)
{
	char path[TARGET_MAX];
	struct stat st;
	struct err e;

	if (others_may_write(file, p, false))
		return true;
	if (p->exe.n >= sizeof path)
		return false;
	memcpy(path, p->exe.p, p->exe.n);
	for (size_t i = p->exe.n; i-- > 0;) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (host_stat(l->host, path, true, &st, &e) == 0 && others_may_write(&st, p, true))
			return true;
	}
	return false;
}

int look_digest(struct look *l, const struct program *g, uint8_t ret[SHA256_SIZE], struct err *e)
{
	int fd = host_process_open(l->host, g->newest), f = -1, rc;

	if (fd >= 0)
		f = openat(fd, "exe", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	rc = f >= 0 ? host_digest_fd(l->host, f, ret, e)
	     : errno == ESRCH || errno == ENOENT
		     ? err_set(e, ERR_CHANGED, "process %u ended while it was looked at",
			       g->newest->pid)
		     : err_sys(e, "cannot read what process %u runs", g->newest->pid);
	if (f >= 0)
		close(f);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A snap's, mostly. */
static bool is_in_image(int fd)
{
	int f = openat(fd, "exe", O_PATH | O_CLOEXEC);
	struct statfs fs = { 0 };
	bool known = f >= 0 && fstatfs(f, &fs) == 0;

	if (f >= 0)
		close(f);
	return known && (fs.f_type == SQUASHFS_MAGIC || fs.f_type == EROFS_SUPER_MAGIC_V1);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

void look_file(struct look *l, struct program *g, const struct process *p, int fd, bool own)
{
	const struct package *owner = NULL;
	struct stat there, running = g->file;
	bool stands = !p->memfd && stat_in_root(fd, p->exe.p, &there), masked = false;
	struct err e;

	if (g->newest != p && fstatat(fd, "exe", &running, 0) < 0)
		return;
	if (p->deleted && stands)
		g->replaced = true;
	else if (p->deleted)
		g->deleted = true;
	/* A mount of its own may put another file where the host has that of a package. */
	if (own && !p->deleted && host_stat(l->host, p->exe.p, true, &there, &e) == 0)
		masked = !same_file(&there, &running);
	g->replaced = g->replaced || masked;
	if (own && !masked && !p->memfd)
		owner = host_path_owner(l->host, p->exe);
	if (own && host_has_file_lists(l->host)) {
		g->can_say_packaged = true;
		g->unpackaged = g->unpackaged || !owner;
	}
	if (own && !p->memfd)
		g->writable = g->writable || is_writable(l, p, &running);
	if (g->newest != p)
		return;
	g->package = owner ? arena_text(scan_arena(l->scan), owner->key) : NULL;
	g->image = !owner && !p->memfd && is_in_image(fd);
}

/* ---- libraries ---- */

enum judgement {
	LIBRARY_FINE = 1,
	LIBRARY_SUSPECT,
	LIBRARY_UNPACKAGED, /* suspect in a program that a package brought */
	LIBRARY_REPLACED,
};

struct verdict {
	uint64_t inode;
	uint32_t major, minor;
	bool own, deleted;
	enum judgement is; /* 0: a free slot */
};

void verdicts_free(struct verdicts *v)
{
	free(v->slot);
}

static struct verdict *find(const struct verdicts *v, const struct mapping *m, bool own)
{
	uint64_t h = (m->inode << 1 | own) * UINT64_C(0x9e3779b97f4a7c15) ^ m->minor;
	size_t at = (size_t)(h >> 20) & (v->cap - 1);

	for (;; at = (at + 1) & (v->cap - 1)) {
		struct verdict *x = &v->slot[at];

		if (!x->is ||
			(x->inode == m->inode && x->major == m->major && x->minor == m->minor &&
				x->own == own && x->deleted == m->deleted))
			return x;
	}
}

static void grow(struct verdicts *v)
{
	struct verdicts old = *v;

	if (v->n * 2 < v->cap)
		return;
	v->cap = v->cap ? v->cap * 2 : SLOTS_FIRST;
	v->slot = mem_array(v->cap, sizeof *v->slot);
	for (size_t i = 0; i < old.cap; i++) {
		const struct verdict *x = &old.slot[i];
		struct mapping m = { .inode = x->inode,
			.major = x->major,
			.minor = x->minor,
			.deleted = x->deleted };

		if (x->is)
			*find(v, &m, x->own) = *x;
	}
	free(old.slot);
}

/* Code that is made at run time lives in nameless files, too; a library has a head. Where it cannot
 * be looked at, it may be one. */
static bool may_be_library(int fd, const struct mapping *m)
{
	char name[64], head[4] = { 0 };
	ssize_t n;
	int f;

	snprintf(name, sizeof name, "map_files/%lx-%lx", (unsigned long)m->from,
		(unsigned long)m->to);
	f = openat(fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f < 0)
		return true;
	n = pread(f, head, sizeof head, 0);
	close(f);
	return n == (ssize_t)sizeof head && memcmp(head, "\177ELF", sizeof head) == 0;
}

static enum judgement judge(struct look *l, const struct process *p, int fd, bool own,
	const struct mapping *m)
{
	struct stat st;
	struct err e;

	if (m->deleted && own && host_path_owner(l->host, m->path))
		return LIBRARY_REPLACED;
	if (m->deleted)
		return may_be_library(fd, m) ? LIBRARY_SUSPECT : LIBRARY_FINE;
	if (!own || host_path_owner(l->host, m->path))
		return LIBRARY_FINE;
	if (host_stat(l->host, arena_text(scan_arena(l->scan), m->path), false, &st, &e) == 0 &&
		others_may_write(&st, p, false))
		return LIBRARY_SUSPECT;
	return host_has_file_lists(l->host) ? LIBRARY_UNPACKAGED : LIBRARY_FINE;
}

/* A file may really be called "… (deleted)". */
static void settle_name(struct arena *a, int fd, struct mapping *m)
{
	struct span name = m->path;
	struct stat st;
	const char *full;

	if (!m->deleted)
		return;
	full = arena_format(a, "%s" DELETED, arena_text(a, name));
	if (!stat_in_root(fd, full, &st) || st.st_ino != m->inode)
		return;
	m->deleted = false;
	m->path = span_of(full);
}

static void add_library(struct look *l, struct program *g, const struct mapping *m,
	enum judgement is)
{
	struct arena *a = scan_arena(l->scan);
	struct items *to = is == LIBRARY_REPLACED ? &g->replaced_libraries : &g->libraries;

	if (is == LIBRARY_FINE || (is == LIBRARY_UNPACKAGED && g->unpackaged))
		return;
	items_add(to, a,
		m->deleted && is == LIBRARY_SUSPECT
			? span_of(arena_format(a, "%s" DELETED, arena_text(a, m->path)))
			: m->path);
}

void look_libraries(struct look *l, struct program *g, const struct process *p, int fd, bool own)
{
	struct arena *a = scan_arena(l->scan);
	struct span text;
	struct mapping m;

	if (!look_text(l, fd, "maps", &text))
		return;
	while (mapping_next(&text, a, &m)) {
		struct verdict *v;

		if (m.deleted == p->deleted && span_same(m.path, p->exe))
			continue; /* itself */
		grow(&l->libraries);
		v = find(&l->libraries, &m, own);
		if (!v->is) {
			struct mapping named = m;

			settle_name(a, fd, &named);
			*v = (struct verdict){ m.inode, m.major, m.minor, own, m.deleted,
				judge(l, p, fd, own, &named) };
			l->libraries.n++;
		}
		if (v->is != LIBRARY_FINE) {
			settle_name(a, fd, &m);
			add_library(l, g, &m, v->is);
		}
	}
}
