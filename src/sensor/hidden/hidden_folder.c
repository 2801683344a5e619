/* Folders that hold more than their listing shows. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/hash.h"
#include "host/package.h"
#include "sensor/hidden/hidden_look.h"

#define LIST_BYTES ((size_t)32 << 10)
#define HOMES_MAX 256
#define PASSWD_MAX ((size_t)16 << 20)
#define PATH_MAX_BYTES 4096
#define PROGRAMS_MAX 1024
#define TURNS \
	6 /* of many looks, what is as it was is listed again by one in so many: each minute */

/* From the root. */
static const char *const folders[] = { "", "boot", "dev", "dev/shm", "etc", "etc/cron.d",
	"etc/systemd/system", "etc/ssh", "home", "media", "mnt", "opt", "root", "root/.ssh", "run",
	"srv", "tmp", "usr", "usr/bin", "usr/games", "usr/include", "usr/lib", "usr/lib/modules",
	"usr/lib/systemd", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64",
	"usr/libexec", "usr/local", "usr/local/bin", "usr/local/lib", "usr/local/sbin", "usr/sbin",
	"usr/share", "usr/src", "var", "var/cache", "var/lib", "var/log", "var/run", "var/spool",
	"var/spool/cron", "var/tmp", "var/www" };

/* Of the looks before, in a process that is kept: only what need not be listed yet. */
static struct {
	unsigned turn;
	struct stat folder[ARRAY_LEN(folders)]; /* st_nlink 0: to be listed in any case */
	uint64_t program[PROGRAMS_MAX];         /* digests of paths; 0: none */
} before;

struct counted {
	struct stat st;
	uint64_t links;    /* folders its link count speaks of */
	uint64_t listed;   /* folders in its listing */
	bool counts;       /* on a file system that counts so */
	const char *wants; /* is this name listed? NULL: not asked */
	bool has_it;
};

static bool is_folder(int fd, const char *name, unsigned char type)
{
	struct stat st;

	if (type != 0 /* DT_UNKNOWN */)
		return type == 4 /* DT_DIR */;
	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static long list(int fd, struct counted *c)
{
	_Alignas(8) char block[LIST_BYTES] UNSET;
	long got;

	while ((got = syscall(SYS_getdents64, fd, block, sizeof block)) > 0)
		for (long at = 0; at < got;) {
			unsigned short size; /* linux_dirent64: ino, off, reclen, type, name */
			const char *name = block + at + 19;
			bool dot = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;

			c->listed += !dot && c->counts &&
				     is_folder(fd, name, (unsigned char)block[at + 18]);
			c->has_it = c->has_it || (c->wants && strcmp(name, c->wants) == 0);
			memcpy(&size, block + at + 16, sizeof size);
			at += size;
		}
	return got;
}

/* False: it cannot be looked at, or changed meanwhile. */
static bool count(struct scan *s, const char *path, struct counted *c)
{
	struct stat after;
	struct statfs fs;
	struct err e;
	bool fine;
	int fd;

	c->listed = 0;
	c->has_it = false;
	if (host_open_file(scan_host(s), path, O_DIRECTORY, &fd, &e) < 0)
		return false;
	fine = fstat(fd, &c->st) == 0 && fstatfs(fd, &fs) == 0;
	c->counts = fine && folder_count((uint64_t)fs.f_type, c->st.st_nlink, &c->links);
	fine = fine && list(fd, c) == 0 && fstat(fd, &after) == 0 &&
	       after.st_mtim.tv_sec == c->st.st_mtim.tv_sec &&
	       after.st_mtim.tv_nsec == c->st.st_mtim.tv_nsec && after.st_nlink == c->st.st_nlink;
	close(fd);
	return fine;
}

static bool is_short(const struct counted *c)
{
	return c->counts && c->links != c->listed;
}

/* False: something is hidden there. */
static bool look_at(struct scan *s, const char *path)
{
	struct arena *a = scan_arena(s);
	struct counted c = { 0 };
	struct finding f = { .type = HIDDEN_DIRECTORY,
		.seen_by = { "link count" },
		.missing_from = { "listing" } };

	if (!count(s, path, &c) || !is_short(&c))
		return true;
	for (unsigned i = 0; i < AGAIN; i++) {
		hidden_pause();
		if (!count(s, path, &c) || !is_short(&c))
			return true;
	}
	f.key = span_of(arena_format(a, "directory%s", path));
	f.detail = arena_format(a, "'%s' has links of %llu folders, but lists %llu", path,
		(unsigned long long)c.links, (unsigned long long)c.listed);
	hidden_report(s, &f);
	return false;
}

static bool is_turn(size_t i)
{
	return (i + before.turn) % TURNS == 0;
}

static bool is_as_it_was(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_nlink == b->st_nlink &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void look_at_folder(struct scan *s, size_t i)
{
	const char *path = arena_format(scan_arena(s), "/%s", folders[i]);
	struct stat st;
	struct err e;

	/* A link's target has a name of its own here. */
	if (host_stat(scan_host(s), path, true, &st, &e) < 0 || !S_ISDIR(st.st_mode))
		return;
	if (hidden_often(s) && !is_turn(i) && is_as_it_was(&st, &before.folder[i]))
		return;
	before.folder[i] = look_at(s, path) ? st : (struct stat){ 0 };
}

/* Homes of root and of people: the sixth field of passwd. */
static void look_at_homes(struct scan *s)
{
	struct span text, line;
	unsigned n = 0;
	struct err e;

	if (host_read(scan_host(s), "etc/passwd", PASSWD_MAX, scan_arena(s), &text, &e) < 0)
		return;
	while (n < HOMES_MAX && span_cut(&text, '\n', &line)) {
		struct span cell, home = SPAN_NONE;

		for (unsigned i = 0; i < 6 && span_cut(&line, ':', &cell); i++)
			home = i == 5 ? cell : SPAN_NONE;
		if (home.n > 6 && span_starts(home, span_of("/home/"))) {
			(void)look_at(s, arena_text(scan_arena(s), home));
			n++;
		}
	}
}

/* ---- what runs from where nothing is listed ---- */

/* Name by name: is each listed in the folder it stands in? *ret: the path so far that is not. */
static bool is_listed(struct scan *s, const char *path, const char **ret)
{
	struct arena *a = scan_arena(s);

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		const char *end = strchr(at + 1, '/');
		size_t n = end ? (size_t)(end - at - 1) : strlen(at + 1);
		const char *folder =
			at == path ? "/" : arena_text(a, span_from(path, (size_t)(at - path)));
		struct counted c = { .wants = arena_text(a, span_from(at + 1, n)) };

		if (n == 0 || !count(s, folder, &c))
			return true;
		if (!c.has_it) {
			*ret = arena_text(a, span_from(path, (size_t)(at - path) + 1 + n));
			return false;
		}
	}
	return true;
}

/* False: something is hidden there. */
static bool look_at_program(struct scan *s, const struct process *p)
{
	struct arena *a = scan_arena(s);
	struct finding f = { .type = HIDDEN_FILE,
		.seen_by = { "its name", "a process that runs it" },
		.missing_from = { "listing" } };
	const char *path = arena_text(a, p->exe), *part = NULL;
	struct stat st;
	struct err e;

	for (unsigned i = 0; i <= AGAIN; i++) {
		if (is_listed(s, path, &part) || host_stat(scan_host(s), part, true, &st, &e) < 0)
			return true;
		hidden_pause();
	}
	f.key = span_of(arena_format(a, "file%s", part));
	f.exe = p->exe;
	f.detail = arena_format(a, "'%s' is there when asked for by name, but is not listed", part);
	hidden_report(s, &f);
	return false;
}

/* One that was looked at before, and is not one of those whose turn it is. */
static bool may_wait(const struct scan *s, uint64_t digest)
{
	return hidden_often(s) && !is_turn(digest) &&
	       before.program[digest % PROGRAMS_MAX] == digest;
}

/* Packaged programs are where everybody looks. */
static void look_at_programs(struct scan *s)
{
	struct host *h = scan_host(s);
	const struct process *list;
	struct span last = SPAN_NONE;
	size_t n, looked = 0;
	uint64_t digest;
	struct err e;

	if (host_processes(h, &list, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n && looked < PROGRAMS_MAX; i++) {
		const struct process *p = &list[i];

		if (p->exe.n == 0 || p->exe.n >= PATH_MAX_BYTES || p->deleted || p->container.n ||
			span_same(p->exe, last))
			continue;
		last = p->exe;
		digest = hash_of(p->exe);
		if (may_wait(s, digest) || host_path_owner(h, p->exe))
			continue;
		looked++;
		before.program[digest % PROGRAMS_MAX] = look_at_program(s, p) ? digest : 0;
	}
}

int hidden_folders(struct scan *s, struct err *e)
{
	(void)e;
	before.turn++;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		look_at_folder(s, i);
	look_at_homes(s);
	look_at_programs(s);
	return 0;
}
