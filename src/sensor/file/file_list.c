#include "entity/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_walk.h"

#define PART_BYTES ((size_t)3 << 20) /* names of a folder held at a time, with their index */
#define FOLLOW_MAX 8
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | O_NOATIME)

/* File systems that show the kernel's own state instead of keeping files. They are gone into only
 * when a rule's base lies inside, never because they are mounted somewhere below one. */
static const uint32_t pseudo[] = {
	PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
	TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC,
	DEVPTS_SUPER_MAGIC, BINFMTFS_MAGIC, NSFS_MAGIC, AUTOFS_SUPER_MAGIC,
	0x62656570, /* configfs; not in linux/magic.h */
	0x19800202, /* mqueue */
	0x65735543, /* fusectl */
};

struct linux_dirent {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static enum gap_reason gap_of(int sys)
{
	if (sys == EACCES || sys == EPERM)
		return GAP_DENIED;
	return sys == EMFILE || sys == ENFILE || sys == ENOMEM ? GAP_LIMIT : GAP_IO;
}

static void notice(struct node *node, bool subtree, enum gap_reason reason, int sys,
	const char *text)
{
	AUTO(buf) path = BUF_INIT((size_t)2 << 20);

	buf_add(&path, node->folder->path, node->folder->path_n);
	if (path.n == 0)
		buf_add_char(&path, '/');
	frame_gap(&node->notice, buf_span(&path), subtree, reason, sys, text);
}

/* ---- opening ---- */

static bool is_pseudo(uint32_t magic)
{
	for (size_t i = 0; i < ARRAY_LEN(pseudo); i++)
		if (pseudo[i] == magic)
			return true;
	return false;
}

/* One call opens the folder and tells whether it lies on the mount of its parent (openat2,
 * Linux 5.6; EXDEV when not, and always asked anew behind a followed link). */
static int open_folder(const struct folder *f, struct span name, bool *ret_crossed)
{
	bool followed = f->followed > f->parent->followed;
	uint64_t flags = FOLDER_FLAGS | (followed ? 0 : O_NOFOLLOW);
	struct open_how how = { .flags = flags, .resolve = RESOLVE_NO_XDEV | RESOLVE_BENEATH };
	int fd = -1;

	*ret_crossed = false;
	if (!followed)
		fd = (int)syscall(SYS_openat2, f->parent->fd, name.p, &how, sizeof how);
	if (followed || (fd < 0 && (errno == EXDEV || errno == ENOSYS || errno == EPERM))) {
		*ret_crossed = true;
		fd = openat(f->parent->fd, name.p, (int)flags);
		if (fd < 0 && errno == EPERM) /* O_NOATIME is for owners and root */
			fd = openat(f->parent->fd, name.p, (int)(flags & ~(uint64_t)O_NOATIME));
	}
	return fd;
}

/* A followed link that leads to where we already are would never end. */
static bool leads_back(int fd, int parent)
{
	char a[64], b[64], target[PATH_MAX], here[PATH_MAX];
	ssize_t n, m;

	snprintf(a, sizeof a, "/proc/self/fd/%d", fd);
	snprintf(b, sizeof b, "/proc/self/fd/%d", parent);
	n = readlink(a, target, sizeof target);
	m = readlink(b, here, sizeof here);
	if (n < 0 || m < n || memcmp(here, target, (size_t)n) != 0)
		return false;
	return m == n || here[n] == '/' || n == 1;
}

/* Which mount this is; a rule may end here, and so do the kernel's own trees. 1: go in, 0: do not,
 * negative: -errno. */
static int enter_mount(struct walk *w, struct folder *f, struct span name)
{
	struct statx x;
	struct statfs fs;
	struct selection sel;
	struct scope *scope;

	if (statx(f->fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0)
		return -errno;
	if (f->parent && f->mount == x.stx_mnt_id)
		return 1;
	f->mount = x.stx_mnt_id;
	f->magic = fstatfs(f->fd, &fs) == 0 ? (uint32_t)fs.f_type : 0;
	if (!f->parent)
		return 1;
	if (is_pseudo(f->magic) && w->selector->name(f->parent->scope, name, &sel))
		return 0;
	scope = w->selector->enter(f->parent->scope, name, true);
	w->selector->leave(f->scope);
	f->scope = scope;
	return scope != NULL;
}

bool list_open(struct walk *w, struct node *node)
{
	struct folder *f = node->folder, *parent = f->parent;
	struct span name = SPAN_NONE;
	bool crossed = true;
	int in;

	if (f->fd >= 0)
		return f->scope != NULL;
	if (parent) {
		name = (struct span){ f->path + parent->path_n + 1,
			f->path_n - parent->path_n - 1 };
		f->fd = open_folder(f, name, &crossed);
	} else {
		f->fd = openat(w->rootfd, ".", FOLDER_FLAGS & ~O_NOATIME); /* its own offset */
	}
	if (f->fd < 0) {
		/* gone, or no folder any more: what was below it is gone with it */
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			notice(node, true, gap_of(errno), errno, "cannot open the folder");
		return false;
	}
	w->folders++;
	in = crossed ? enter_mount(w, f, name) : 1;
	if (in < 0)
		notice(node, true, gap_of(-in), -in, "cannot look at the folder");
	if (in > 0 && parent && f->followed > parent->followed && leads_back(f->fd, parent->fd))
		in = 0;
	if (in > 0)
		f->uniform = w->selector->uniform(f->scope, &f->sel);
	f->parent = NULL;
	folder_release(w, parent);
	return in > 0;
}

/* ---- names ---- */

static int by_name(const void *a, const void *b, void *bytes)
{
	const struct name *x = a, *y = b;

	return strcmp((const char *)bytes + x->at, (const char *)bytes + y->at);
}

/* A name may come twice: from a server that lies, or when the folder changes meanwhile. */
static void sort(struct listing *l)
{
	uint32_t n = 0;

	if (l->n > 1)
		qsort_r(l->name, l->n, sizeof *l->name, by_name, l->bytes);
	for (uint32_t i = 0; i < l->n; i++)
		if (n == 0 || by_name(&l->name[n - 1], &l->name[i], l->bytes) != 0)
			l->name[n++] = l->name[i];
	l->n = n;
}

size_t listing_bytes(const struct listing *l)
{
	return l->bytes_n + l->n * sizeof *l->name;
}

/* Too many to hold: keep the first half in order, the rest is listed again later. */
static void halve(struct listing *l)
{
	char *bytes = mem_grow(NULL, l->bytes_cap, 1);
	uint32_t before = l->n;
	size_t n = 0;
	bool cut;

	sort(l);
	cut = l->n > before / 2; /* else they were the same ones again and again */
	if (cut)
		l->n /= 2;
	for (uint32_t i = 0; i < l->n; i++) {
		struct name *name = &l->name[i];

		memcpy(bytes + n, l->bytes + name->at, name->n + 1u);
		name->at = (uint32_t)n;
		n += name->n + 1u;
	}
	free(l->bytes);
	l->bytes = bytes;
	l->bytes_n = n;
	if (!cut)
		return;
	free(l->bound);
	l->bound = mem_text(l->bytes + l->name[l->n - 1].at);
}

static void listing_add(struct listing *l, struct span text, const struct name *name)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 32;
		l->name = mem_grow(l->name, l->cap, sizeof *l->name);
	}
	if (l->bytes_cap - l->bytes_n < text.n + 1) {
		l->bytes_cap = l->bytes_cap ? l->bytes_cap * 2 + text.n : 512 + text.n;
		l->bytes = mem_grow(l->bytes, l->bytes_cap, 1);
	}
	l->name[l->n] = *name;
	l->name[l->n].at = (uint32_t)l->bytes_n;
	l->name[l->n].n = (uint16_t)text.n;
	if (text.n)
		memcpy(l->bytes + l->bytes_n, text.p, text.n);
	l->bytes[l->bytes_n + text.n] = '\0';
	l->bytes_n += text.n + 1;
	l->n++;
	l->folders |= (name->flags & NAME_FOLDER) != 0;
}

static unsigned char type_of(int fd, const char *name, unsigned char type, bool follow)
{
	struct statx x;

	if (type != DT_UNKNOWN && !(follow && type == DT_LNK))
		return type;
	if (statx(fd, name, follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) < 0)
		return type;
	return (unsigned char)IFTODT(x.stx_mode);
}

static bool is_followed(const struct folder *f, const char *name, const struct selection *held)
{
	return held && held->follow_links && f->followed < FOLLOW_MAX &&
	       type_of(f->fd, name, DT_LNK, true) == DT_DIR;
}

/* The rules that hold one name in f; NULL: none. */
static const struct selection *hold(const struct walk *w, const struct folder *f, struct span name,
	struct selection *ret)
{
	if (f->uniform)
		return f->sel.n ? &f->sel : NULL;
	return w->selector->name(f->scope, name, ret) ? ret : NULL;
}

bool list_follows(const struct walk *w, const struct folder *f, struct span name)
{
	struct selection sel;
	const struct selection *held = hold(w, f, name, &sel);

	return held && held->follow_links && type_of(f->fd, name.p, DT_UNKNOWN, false) == DT_LNK &&
	       is_followed(f, name.p, held);
}

/* What the policy and the request say about one name; false: nothing. */
static bool judge(const struct walk *w, const struct folder *f, struct span text, struct name *ret)
{
	enum folder_part part;
	struct selection sel;
	const struct selection *held;

	if (f->part == PART_ABOVE) {
		if (!walk_asks(w, f, text, &part))
			return false;
	} else {
		part = PART_INSIDE;
	}
	if (walk_avoids(w, f, text))
		return false;
	held = hold(w, f, text, &sel);
	ret->type = type_of(f->fd, text.p, ret->type, false);
	ret->flags = held && part == PART_INSIDE ? NAME_SELECTED : 0;
	if (ret->type == DT_DIR)
		ret->flags |= NAME_FOLDER;
	else if (ret->type == DT_LNK && is_followed(f, text.p, held))
		ret->flags |= NAME_FOLDER;
	return ret->flags != 0;
}

static bool wanted(const struct node *node, const struct listing *l, const char *name)
{
	int order;

	if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return false;
	if (l->bound && strcmp(name, l->bound) > 0)
		return false;
	if (!node->after)
		return true;
	order = strcmp(name, node->after);
	return order > 0 || (order == 0 && node->from);
}

static void take(struct walk *w, const struct node *node, struct listing *l,
	const struct linux_dirent *d)
{
	struct name name = { .inode = d->inode, .type = d->type };
	struct span text = span_of(d->name);

	if (!wanted(node, l, d->name) || !judge(w, node->folder, text, &name))
		return;
	if (node->descend && !(name.flags & NAME_FOLDER))
		return;
	listing_add(l, text, &name);
	if (listing_bytes(l) > PART_BYTES)
		halve(l);
}

struct listing *list_folder(struct walk *w, struct node *node, char *scratch, size_t scratch_n,
	_Atomic uint32_t *beat)
{
	int64_t until = clock_monotonic() + walk_file_ns(w);
	struct listing *l;
	int fd;

	if (!list_open(w, node))
		return NULL;
	fd = node->folder->fd;
	l = mem_new(sizeof *l);
	l->refs = 1;
	lseek(fd, 0, SEEK_SET); /* a huge folder, or the topmost one, is listed more than once */
	for (;;) {
		long n = syscall(SYS_getdents64, fd, scratch, scratch_n);

		if (n < 0 && errno != ENOENT) /* ENOENT: removed while open, so it is empty */
			notice(node, true, gap_of(errno), errno, "cannot list the folder");
		atomic_fetch_add_explicit(beat, 1, memory_order_relaxed);
		if (n > 0 && clock_monotonic() > until) {
			notice(node, true, GAP_LIMIT, 0, "takes too long to list");
			free(l->bound); /* what is behind it would take as long again */
			l->bound = NULL;
			break;
		}
		if (n <= 0)
			break;
		for (long at = 0; at < n;) {
			const struct linux_dirent *d = (const void *)(scratch + at);

			take(w, node, l, d);
			at += d->length;
		}
	}
	sort(l);
	return l;
}

struct listing *listing_of_top(const struct walk *w)
{
	struct listing *l = mem_new(sizeof *l);
	struct name name = { .type = DT_DIR, .flags = NAME_SELECTED };
	struct selection sel;

	l->refs = 1;
	if (w->selector->root(w->selector->policy, &kind_file, &sel))
		listing_add(l, SPAN_NONE, &name);
	return l;
}

void listing_drop(struct listing *l)
{
	if (!l || --l->refs > 0)
		return;
	free(l->name);
	free(l->bytes);
	free(l->bound);
	free(l);
}
