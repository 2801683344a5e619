/* Trees for measuring, the same bytes on every machine. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/attr.h"

#define DEPTH 8
#define FILES_A_FOLDER 25 /* 0 to 24, half of the folders at the end have no folder below */
#define FLAT_FILES 100000
#define DEEP_FOLDERS 2000 /* 30 kB of path, past PATH_MAX */
#define HARD_LINKS 100
#define NAME_BYTES 256

static const char usage[] =
	"usage: gentree tiny FOLDER [N]     N small files (1000000), about 11 a folder\n"
	"       gentree big FOLDER N MIB    N files of MIB MiB\n"
	"       gentree odd FOLDER          what trips programs up\n";

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t next(void) /* splitmix64 */
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
	return (unsigned)(next() % n);
}

static NORETURN void die(const char *what)
{
	fprintf(stderr, "gentree: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(bool good, const char *what)
{
	if (!good)
		die(what);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n == 0) {
		fputs(usage, stderr);
		exit(2);
	}
	return n;
}

static void fill(uint64_t *p, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof *p; i++)
		p[i] = next();
}

static int open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	check(fd >= 0, name);
	return fd;
}

static int make_folder(int folder, const char *name)
{
	check(mkdirat(folder, name, 0755) == 0, name);
	return open_folder(folder, name);
}

static void make_file(int folder, const char *name, size_t n, mode_t mode)
{
	static uint64_t content[(32 << 10) / sizeof(uint64_t)];
	int fd = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	check(fd >= 0, name);
	fill(content, 64); /* a head of its own is enough to make every digest differ */
	check(n <= sizeof content && write(fd, content, n) == (ssize_t)n, name);
	check(fchmod(fd, mode) == 0, name);
	close(fd);
}

static size_t small_size(void)
{
	unsigned scale = below(9), empty = below(20) == 0;

	return empty ? 0 : below(64u << scale); /* median below 1 KiB, at most 16 KiB */
}

static void tiny(int folder, unsigned depth, unsigned long *left)
{
	static const char *const first[] = { "core", "util", "net", "parser", "main", "test",
		"index", "model", "view", "config", "handler", "types", "cache", "proto", "driver",
		"common", "schema" };
	static const char *const last[] = { ".c", ".h", ".py", ".js", ".json", ".txt", ".md",
		".html", ".o", ".xml" };
	unsigned files = below(FILES_A_FOLDER), folders = depth < DEPTH ? below(4) : 0;
	char name[NAME_BYTES];

	for (unsigned i = 0; i < files && *left; i++, --*left) {
		snprintf(name, sizeof name, "%s_%s%02u%s", first[below(ARRAY_LEN(first))],
			first[below(ARRAY_LEN(first))], i, last[below(ARRAY_LEN(last))]);
		make_file(folder, name, small_size(), 0644);
	}
	for (unsigned i = 0; *left && (depth == 0 || i < folders); i++) {
		snprintf(name, sizeof name, "%s-%u", first[below(ARRAY_LEN(first))], i);
		int fd = make_folder(folder, name);

		tiny(fd, depth + 1, left);
		close(fd);
	}
}

static void big(int folder, unsigned long n, unsigned long mib)
{
	static uint64_t content[(1 << 20) / sizeof(uint64_t)];
	char name[NAME_BYTES];

	for (unsigned long i = 0; i < n; i++) {
		snprintf(name, sizeof name, "big%02lu.img", i);
		int fd = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

		check(fd >= 0, name);
		for (unsigned long k = 0; k < mib; k++) {
			fill(content, sizeof content);
			check(write(fd, content, sizeof content) == (ssize_t)sizeof content, name);
		}
		close(fd);
	}
}

static void odd_names(int folder)
{
	static const char *const names[] = { "new\nline", "quote\"'\\ $(x)", "\xff\xfe-not-utf8",
		" leading", "trailing ", "-rf", "caf\xc3\xa9", "tab\there", "esc\x1b[31m", "*",
		"\\", "%s%n" };
	char longest[NAME_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		make_file(folder, names[i], 10, 0644);
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	make_file(folder, longest, 5, 0644);
	check(symlinkat("loop", folder, "loop") == 0, "loop");
	check(symlinkat("/nonexistent", folder, "dangling") == 0, "dangling");
	check(symlinkat("..", folder, "up") == 0, "up");
}

static void odd_types(int folder, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path, sizeof a.sun_path, "%s/socket", path);

	check(n > 0 && (size_t)n < sizeof a.sun_path, "the folder's path is too long for a socket");
	check(s >= 0 && bind(s, (const void *)&a, sizeof a) == 0, "socket");
	close(s);
	check(mkfifoat(folder, "fifo", 0600) == 0, "fifo");
	if (mknodat(folder, "null", S_IFCHR | 0600, makedev(1, 3)) < 0)
		fputs("gentree: only root can make a device: left out\n", stderr);
}

static void odd_inodes(int folder)
{
	char name[NAME_BYTES];
	int fd = openat(folder, "sparse", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	check(fd >= 0 && ftruncate(fd, 1LL << 30) == 0, "sparse");
	close(fd);
	make_file(folder, "hard000", 4096, 0644);
	for (unsigned i = 1; i < HARD_LINKS; i++) {
		snprintf(name, sizeof name, "hard%03u", i);
		check(linkat(folder, "hard000", folder, name, 0) == 0, name);
	}
	make_file(folder, "mode000", 100, 0);
	make_file(folder, "suid", 100, 04755);
	make_file(folder, "xattr", 100, 0644);
	fd = openat(folder, "xattr", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "user.key%u", i);
		check(fsetxattr(fd, name, "value", 5, 0) == 0, name);
	}
	close(fd);
}

static void odd(int folder, const char *path)
{
	char name[NAME_BYTES];
	int fd = make_folder(folder, "flat");

	for (unsigned i = 0; i < FLAT_FILES; i++) {
		snprintf(name, sizeof name, "msg%06u.eml", i);
		make_file(fd, name, i % 200, 0644);
	}
	close(fd);
	odd_names(folder);
	odd_types(folder, path);
	odd_inodes(folder);
	fd = make_folder(folder, "deep");
	for (unsigned i = 0; i < DEEP_FOLDERS; i++) {
		snprintf(name, sizeof name, "deep-dir-%04u", i);
		int inner = make_folder(fd, name);

		close(fd);
		fd = inner;
		make_file(fd, "f", 50, 0644);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc >= 3 ? argv[1] : "";
	unsigned long left;
	int folder;

	if ((strcmp(what, "tiny") != 0 || argc > 4) && (strcmp(what, "big") != 0 || argc != 5) &&
		(strcmp(what, "odd") != 0 || argc != 3)) {
		fputs(usage, stderr);
		return 2;
	}
	left = argc > 3 ? number(argv[3]) : 1000000;
	umask(0);
	check(mkdir(argv[2], 0755) == 0, argv[2]);
	folder = open_folder(AT_FDCWD, argv[2]);
	if (strcmp(what, "tiny") == 0)
		tiny(folder, 0, &left);
	else if (strcmp(what, "big") == 0)
		big(folder, left, number(argv[4]));
	else
		odd(folder, argv[2]);
	close(folder);
	return 0;
}
