/* A place to work in, seen by nobody else: a folder with `sel`, `out`, `bind` (a mount of sel) and
 * `point`, on a tmpfs or an ext4 of its own in a namespace of mounts of its own. */
#ifndef TESTS_WATCH_FILES_PLACE_H
#define TESTS_WATCH_FILES_PLACE_H

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../check.h"
#include "files_bench.h"

static bool possible;
static char folder[] = "/tmp/invar-files-XXXXXX";

static inline int alone(void **state)
{
	(void)state;
	possible =
		unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	if (!possible)
		print_message("needs root and namespaces of mounts\n");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int cleanup(void **state)
{
	(void)state;
	(void)!chdir("/");
	return rmdir(folder);
}

static inline void PRINTF(1, 2) command(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (system(text) != 0) {
		print_error("failed: %s\n", text);
		abort();
	}
}

static inline void enter(bool ext4)
{
	if (ext4)
		command("mount -t tmpfs -o size=80m invar %s && truncate -s 64m %s/image && "
			"mkfs.ext4 -q -O ^has_journal %s/image && "
			"mount -o loop %s/image %s && rm -rf %s/lost+found",
			folder, folder, folder, folder, folder, folder);
	else
		command("mount -t tmpfs invar %s", folder);
	if (chdir(folder) < 0)
		abort();
	command("mkdir sel out bind point && mount --bind sel bind");
}

static inline void leave(bool ext4)
{
	if (chdir("/") < 0)
		abort();
	command("umount -R -l %s%s%s", folder, ext4 ? " && umount -l " : "", ext4 ? folder : "");
}

static inline struct bench begin(const char *rules, struct watch_setup setup)
{
	struct bench b;

	bench_start(&b, rules, setup);
	assert_non_null(bench_type(&b, NOTICE_READY));
	bench_forget(&b);
	return b;
}

static inline const char *full(const char *name)
{
	static char text[4096];

	snprintf(text, sizeof text, "%s/%s", folder, name);
	return text;
}

static inline bool leave_out(void)
{
	if (!possible)
		skip();
	return !possible;
}

/* By a process of its own, so that it is none of ours. */
static inline void PRINTF(1, 2) act(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	command("%s", text);
}

static inline char *PRINTF(1, 2) rules(const char *format, ...)
{
	static char text[4096];
	va_list args;
	size_t n = (size_t)snprintf(text, sizeof text, "version: 1\nrules:\n");

	va_start(args, format);
	vsnprintf(text + n, sizeof text - n, format, args);
	va_end(args);
	return text;
}

#define RULE(rest) "  - {id: r, title: t, severity: high, kind: file, " rest "}\n"

#endif
