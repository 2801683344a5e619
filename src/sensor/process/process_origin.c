/* Where what runs really comes from: the files of scripts, the packaged file that a program is a
 * copy of. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/hex.h"
#include "host/package.h"
#include "sensor/process/process_look.h"

#define TARGET_MAX 4096
#define DELETED " (deleted)"

/* ---- scripts ---- */

struct script {
	const char *path; /* as it is told */
	int f;            /* O_PATH; -1: it cannot be looked at */
	bool gone;
};

/* "/dev/stdin", "/dev/fd/3", "/proc/self/fd/3": how a shell, a pipe or fexecve(3) hands over a
 * script. -1: no such name. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/",
		"/proc/thread-self/fd/" };
	char *end;

	if (strcmp(path, "/dev/stdin") == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		size_t n = strlen(folders[i]);

		if (strncmp(path, folders[i], n) == 0 && path[n] >= '0' && path[n] <= '9') {
			unsigned long number = strtoul(path + n, &end, 10);

			return *end || number > 1 << 20 ? -1 : (int)number;
		}
	}
	return -1;
}

/* A descriptor of the process. Only a file counts: pipes and terminals have no name to tell. */
static bool by_descriptor(struct look *l, int fd, int number, struct script *ret)
{
	char name[32], target[TARGET_MAX];
	struct span text;
	struct stat st;

	snprintf(name, sizeof name, "fd/%d", number);
	if (fstatat(fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
		!look_link(fd, name, target, sizeof target, &text))
		return false;
	ret->path = arena_text(scan_arena(l->scan), text);
	ret->f = openat(fd, name, O_PATH | O_CLOEXEC);
	ret->gone = st.st_nlink == 0; /* its link says so already */
	return true;
}

/* "x.py" of a folder. */
static const char *joined(struct arena *a, struct span folder, const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return arena_format(a, "%.*s%s%s", SPAN_ARG(folder), folder.n > 1 ? "/" : "", path);
}

/* The folder it was started in, as the shell that did wrote it down: it may have gone elsewhere
 * since. */
static struct span folder_at_start(struct look *l, int fd)
{
	struct span text, entry;

	if (look_text(l, fd, "environ", &text))
		while (span_cut(&text, '\0', &entry))
			if (span_starts(entry, span_of("PWD=/")))
				return arena_copy(scan_arena(l->scan), span_from_offset(entry, 4));
	return SPAN_NONE;
}

static void by_path(struct look *l, int fd, const char *path, struct script *ret)
{
	struct arena *a = scan_arena(l->scan);
	const char *given = path;
	char cwd[TARGET_MAX];
	struct span at;

	if (path[0] != '/' && look_link(fd, "cwd", cwd, sizeof cwd, &at))
		path = joined(a, at, path);
	ret->path = path;
	ret->f = look_open(fd, path, O_PATH);
	if (ret->f < 0 && errno == ENOENT && given[0] != '/') {
		at = folder_at_start(l, fd);
		ret->f = at.n ? look_open(fd, joined(a, at, given), O_PATH) : -1;
		if (ret->f >= 0)
			ret->path = joined(a, at, given);
	}
	ret->gone = ret->f < 0 && errno == ENOENT;
}

/* The path behind links, which are anybody's. */
static void settle_path(struct look *l, struct script *x)
{
	char name[32], target[TARGET_MAX];
	struct span real;

	snprintf(name, sizeof name, "/proc/self/fd/%d", x->f);
	if (look_link(AT_FDCWD, name, target, sizeof target, &real) && real.p[0] == '/')
		x->path = arena_text(scan_arena(l->scan), real);
}

static void add_digest(struct look *l, struct program *g, const struct script *x)
{
	AUTO(buf) hex = BUF_INIT(SHA256_SIZE * 3);
	uint8_t sha256[SHA256_SIZE];
	char name[32];
	struct stat st;
	struct err e;
	int f;

	if (fstat(x->f, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	snprintf(name, sizeof name, "/proc/self/fd/%d", x->f);
	f = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f >= 0 && host_digest_fd(l->host, f, sha256, &e) == 0) {
		struct arena *a = scan_arena(l->scan);

		hex_add(&hex, span_from(sha256, sizeof sha256));
		items_add(&g->script_digests, a,
			span_of(arena_format(a, "%s  %s", buf_text(&hex), x->path)));
	}
	if (f >= 0)
		close(f);
}

/* dpkg runs those of packages, and its lists do not name them; other rules hold the folder. */
static bool is_maintainers(const char *path)
{
	static const char *const names[] = { "preinst", "postinst", "prerm", "postrm", "config" };
	static const char folder[] = "/var/lib/dpkg/";
	const char *end = path + strlen(path);

	if (strncmp(path, folder, strlen(folder)) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = strlen(names[i]);

		if ((size_t)(end - path) > n && strcmp(end - n, names[i]) == 0 &&
			(end[-(long)n - 1] == '.' || end[-(long)n - 1] == '/'))
			return true;
	}
	return false;
}

/* node(1) finds app.js by "app", and others search folders of their own: what they name need not be
 * a file. */
static bool takes_names(struct span exe)
{
	while (exe.n && memchr(exe.p, '/', exe.n))
		exe = span_from_offset(exe, 1);
	return span_starts(exe, span_of("node"));
}

static void add_script(struct look *l, struct program *g, const struct process *p, struct script *x,
	bool own)
{
	struct arena *a = scan_arena(l->scan);
	size_t n;

	if (x->f >= 0 && own && !x->gone)
		settle_path(l, x);
	n = strlen(x->path);
	if (x->gone && own && !takes_names(p->exe) &&
		!(n > strlen(DELETED) && strcmp(x->path + n - strlen(DELETED), DELETED) == 0))
		x->path = arena_format(a, "%s" DELETED, x->path);
	items_add(&g->scripts, a, span_of(x->path));
	if (own && host_has_file_lists(l->host) && x->path[0] == '/' && !is_maintainers(x->path) &&
		strncmp(x->path, "/home/", 6) != 0 && (x->gone || x->f >= 0) &&
		!host_path_owner(l->host, span_of(x->path)))
		items_add(&g->unpackaged_scripts, a, span_of(x->path));
	if (x->f >= 0 && (g->asks & field_bit(PROCESS_SCRIPT_DIGESTS)))
		add_digest(l, g, x);
	if (x->f >= 0)
		close(x->f);
}

void look_script(struct look *l, struct program *g, const struct process *p, int fd,
	struct span cmdline, bool own)
{
	struct arena *a = scan_arena(l->scan);
	struct script x = { .f = -1 };
	struct span name;
	int number;

	switch (script_of(p->exe, cmdline, &name)) {
	case SCRIPT_NONE:
		return;
	case SCRIPT_STDIN:
		if (by_descriptor(l, fd, 0, &x))
			add_script(l, g, p, &x, own);
		return;
	case SCRIPT_INLINE:
		items_add(&g->scripts, a, span_of("inline"));
		return;
	case SCRIPT_MODULE:
		items_add(&g->scripts, a,
			span_of(arena_format(a, "module:%s", arena_text(a, name))));
		return;
	case SCRIPT_FILE:
		break;
	}
	x.path = arena_text(a, name);
	number = descriptor_of(x.path);
	if (number < 0)
		by_path(l, fd, x.path, &x);
	else
		(void)by_descriptor(l, fd, number, &x);
	add_script(l, g, p, &x, own);
}

/* ---- copies ---- */

static bool is_copy(struct look *l, const char *path, const uint8_t sha256[SHA256_SIZE])
{
	uint8_t there[SHA256_SIZE];
	struct err e;

	return host_digest(l->host, path, there, &e) == 0 &&
	       memcmp(there, sha256, sizeof there) == 0;
}

/* runc and crun run as a copy of themselves in memory while they start a container; the tools that
 * make an initramfs try what they have packed. Anybody can take those names, so it is the bytes
 * that count, and the package's word for where they are from. */
const char *look_copy_of(struct look *l, const struct program *g)
{
	static const char *const runtimes[] = { "/usr/bin/runc", "/usr/sbin/runc", "/usr/bin/crun",
		"/usr/sbin/crun" };
	struct span path = g->first->exe;
	uint8_t sha256[SHA256_SIZE];
	bool read = false;
	struct err e;

	for (size_t i = 0; g->first->memfd && i < ARRAY_LEN(runtimes); i++) {
		if (!host_path_owner(l->host, span_of(runtimes[i])))
			continue;
		read = read || look_digest(l, g, sha256, &e) == 0;
		if (read && is_copy(l, runtimes[i], sha256))
			return runtimes[i];
	}
	/* /var/tmp/mkinitramfs_x/usr/sbin/ldconfig: of /usr/sbin/ldconfig */
	for (size_t i = 1; g->unpackaged && !g->first->memfd && i < path.n; i++) {
		struct span tail = span_from_offset(path, i);

		if (path.p[i] != '/' || !host_path_owner(l->host, tail))
			continue;
		read = read || look_digest(l, g, sha256, &e) == 0;
		if (read && is_copy(l, tail.p, sha256))
			return arena_text(scan_arena(l->scan), tail);
	}
	return NULL;
}
