/* Processes as /proc tells of them. What ends while we look is gone. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/hash.h"
#include "host/process_parse.h"
#include "watch/process/process_room.h"

#define TEXT_BYTES 4096
#define ARGS_BYTES 4096
#define CGROUP_BYTES ((size_t)8 << 10)
#define LIST_BYTES ((size_t)32 << 10)
#define DELETED " (deleted)"

static bool number_of(struct span s, uint32_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && n <= UINT32_MAX; i++)
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	*ret = (uint32_t)n;
	return i > 0 && n <= UINT32_MAX;
}

static uint32_t number_in(int dir, const char *name)
{
	char block[32];
	struct span s;
	uint32_t n;

	return process_text(dir, name, block, sizeof block, &s) && number_of(s, &n) ? n
										    : UINT32_MAX;
}

/* "Uid:\treal\teffective\t…": whose rights it acts with. */
static uint32_t effective_uid(struct span status)
{
	struct span line, field;
	uint32_t uid;

	while (span_cut(&status, '\n', &line)) {
		if (!span_starts(line, span_of("Uid:")))
			continue;
		(void)span_cut(&line, '\t', &field);
		if (span_cut(&line, '\t', &field) && span_cut(&line, '\t', &field) &&
			number_of(field, &uid))
			return uid;
	}
	return UINT32_MAX;
}

/* Its terminal by the number in stat, as ps(1) names it. */
static struct span tty_name(uint64_t device, struct arena *a)
{
	unsigned major = (unsigned)(device >> 8) & 0xfff;
	unsigned minor = (unsigned)(device & 0xff) | ((unsigned)(device >> 12) & 0xfff00);

	if (device == 0)
		return span_of("");
	if (major >= 136 && major <= 143)
		return span_of(arena_format(a, "pts/%u", (major - 136) * 256 + minor));
	if (major == 4)
		return span_of(minor < 64 ? arena_format(a, "tty%u", minor)
					  : arena_format(a, "ttyS%u", minor - 64));
	return span_of(arena_format(a, "%u:%u", major, minor));
}

/* The fifth field behind the name. */
static struct span stat_tty(struct span stat, struct arena *a)
{
	struct span field, rest = stat;
	uint32_t n = 0;

	for (size_t i = stat.n; i > 0; i--)
		if (stat.p[i - 1] == ')') {
			rest = span_from_offset(stat, i);
			break;
		}
	for (unsigned i = 0; i < 6; i++)
		if (!span_cut(&rest, ' ', &field))
			return SPAN_NONE;
	return number_of(field, &n) ? tty_name(n, a) : SPAN_NONE;
}

static void take_exe(int dir, struct arena *a, struct seen *s)
{
	char target[TEXT_BYTES];
	ssize_t n = readlinkat(dir, "exe", target, sizeof target - 1);
	size_t tail = strlen(DELETED);
	struct statx st;

	if (n <= 0)
		return;
	if ((size_t)n > tail && memcmp(target + n - tail, DELETED, tail) == 0) {
		s->deleted = true;
		n -= (ssize_t)tail;
	}
	s->exe = arena_copy(a, span_from(target, (size_t)n));
	if (statx(dir, "exe", AT_STATX_DONT_SYNC, STATX_INO, &st) == 0) {
		s->inode = st.stx_ino;
		s->device = st.stx_dev_major << 20 | st.stx_dev_minor;
	}
	if (statx(dir, "ns/mnt", AT_STATX_DONT_SYNC, STATX_INO, &st) == 0)
		s->mounts = (uint32_t)st.stx_ino;
}

static void take_args(int dir, struct arena *a, struct seen *s)
{
	char block[ARGS_BYTES];
	struct span args;

	if (!process_text(dir, "cmdline", block, sizeof block, &args))
		return;
	s->args_cut = args.n == sizeof block;
	s->args = arena_copy(a, args);
}

/* Which group it is in is told by the text: whoever has the same is in the same. */
static void take_group(int dir, struct arena *a, struct seen *s)
{
	char block[CGROUP_BYTES];
	struct span all, path;

	if (!process_text(dir, "cgroup", block, sizeof block, &all))
		return;
	s->cgroup = 0;
	s->cgroup_set = hash_of(all) | 1;
	path = process_cgroup_path(all);
	if (path.n)
		cgroup_parse(arena_copy(a, path), a, &s->unit, &s->container);
}

static int folder(struct processes *p, uint32_t pid)
{
	char name[16];

	snprintf(name, sizeof name, "%u", pid);
	return openat(p->proc, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool take(struct processes *p, int dir, uint32_t pid, struct arena *a, struct seen *s)
{
	char block[TEXT_BYTES];
	struct process_stat stat;
	struct span all;
	struct err e;

	if (!process_text(dir, "stat", block, sizeof block, &all) ||
		process_stat_from(all, &stat, &e) < 0 || stat.pid != pid)
		return false;
	s->parent = stat.ppid;
	s->start = stat.start * p->tick;
	s->comm = arena_copy(a, stat.comm);
	s->kernel = (stat.flags & PROCESS_KTHREAD) != 0;
	s->tty = stat_tty(all, a);
	if (process_text(dir, "status", block, sizeof block, &all))
		s->uid = effective_uid(all);
	s->login_uid = number_in(dir, "loginuid");
	s->session = number_in(dir, "sessionid");
	if (!s->kernel) {
		take_exe(dir, a, s);
		take_args(dir, a, s);
	}
	take_group(dir, a, s);
	return true;
}

/* What is asked for stands in one folder, which stays with one process. */
static bool is_same(struct processes *p, int dir, uint64_t start)
{
	char block[TEXT_BYTES];
	struct process_stat stat;
	struct span all;
	struct err e;

	return process_text(dir, "stat", block, sizeof block, &all) &&
	       process_stat_from(all, &stat, &e) == 0 && stat.start == start / p->tick;
}

bool proc_group(struct processes *p, uint32_t pid, uint64_t start, struct arena *a,
	struct seen *ret)
{
	struct seen s = { 0 };
	int dir = folder(p, pid);

	if (dir < 0)
		return false;
	if (!start || is_same(p, dir, start))
		take_group(dir, a, &s);
	close(dir);
	*ret = s;
	return s.cgroup_set != 0;
}

bool proc_seen(struct processes *p, uint32_t pid, struct arena *a, struct seen *ret)
{
	struct seen s = { .pid = pid,
		.uid = UINT32_MAX,
		.login_uid = UINT32_MAX,
		.session = UINT32_MAX };
	int dir = folder(p, pid);
	bool there;

	if (dir < 0)
		return false;
	there = take(p, dir, pid, a, &s);
	close(dir);
	if (there)
		*ret = s;
	return there;
}

static void take_listed(struct processes *p, const char *name)
{
	struct seen s;
	uint32_t pid;

	if (!number_of(span_of(name), &pid) || pid == 0)
		return;
	arena_clear(p->arena);
	if (proc_seen(p, pid, p->arena, &s))
		(void)process_table_running(p->table, &s);
}

void proc_running(struct processes *p)
{
	_Alignas(8) char block[LIST_BYTES];
	uint64_t at = processes_now();
	long got;

	(void)lseek(p->proc, 0, SEEK_SET);
	process_table_sweep(p->table);
	while ((got = syscall(SYS_getdents64, p->proc, block, sizeof block)) > 0)
		for (long i = 0; i < got;) {
			unsigned short size; /* linux_dirent64: ino, off, reclen, type, name */

			memcpy(&size, block + i + 16, sizeof size);
			take_listed(p, block + i + 19);
			i += size;
		}
	if (got == 0)
		process_table_ran(p->table, at);
}
