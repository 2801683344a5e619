/* Processes that the kernel knows and /proc does not list. The usual rootkit takes names out of the
 * list of a folder and forgets the other ways to ask. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sensor/hidden/hidden_look.h"

#define LIST_BYTES ((size_t)64 << 10)
#define CGROUPS_MAX 20000
#define CGROUP_DEPTH 24
#define PROCS_BYTES ((size_t)64 << 10)
#define CAP_PTRACE 19
#define FINDINGS_MAX 64

/* Of the look before, in a process that is kept: only where to ask, never what is there. */
static struct {
	uint32_t last; /* number given out */
	uint32_t found[FINDINGS_MAX];
	size_t n;
} before;

struct views {
	int proc;
	struct pids listed;   /* folders of /proc */
	struct pids cgroups;  /* in a cgroup.procs */
	struct pids iterator; /* the list of the host, when it was not made from /proc */
	struct pids parents;  /* named as a parent by those listed */
	size_t folders;       /* of cgroups, read so far */
};

static void views_done(struct views *v)
{
	if (v->proc >= 0)
		close(v->proc);
	pids_done(&v->listed);
	pids_done(&v->cgroups);
	pids_done(&v->iterator);
	pids_done(&v->parents);
}

static uint64_t number_in(struct scan *s, const char *path, uint64_t otherwise)
{
	struct span text;
	struct err e;

	if (host_read(scan_host(s), path, 4096, scan_arena(s), &text, &e) < 0)
		return otherwise;
	return strtoul(text.p, NULL, 10);
}

/* The names as the kernel hands them out, past any library that may filter them. */
static int list_proc(struct views *v, struct err *e)
{
	_Alignas(8) char block[LIST_BYTES] UNSET;
	long got;

	buf_clear(&v->listed.list);
	if (lseek(v->proc, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot list '/proc'");
	while ((got = syscall(SYS_getdents64, v->proc, block, sizeof block)) > 0)
		for (long at = 0; at < got;) {
			unsigned short size; /* linux_dirent64: ino, off, reclen, type, name */
			const char *name = block + at + 19;

			memcpy(&size, block + at + 16, sizeof size);
			if (name[0] >= '1' && name[0] <= '9')
				pids_add(&v->listed, (uint32_t)strtoul(name, NULL, 10));
			at += size;
		}
	pids_sort(&v->listed);
	return got < 0 ? err_sys(e, "cannot list '/proc'") : 0;
}

static void read_procs(struct views *v, int dir)
{
	char block[PROCS_BYTES] UNSET;
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t have = 0;
	ssize_t n;

	/* Refused for threaded groups (EOPNOTSUPP). */
	while (fd >= 0 && (n = read(fd, block + have, sizeof block - have)) > 0) {
		size_t whole;

		have += (size_t)n;
		for (whole = have; whole > 0 && block[whole - 1] != '\n'; whole--)
			;
		pids_from_text(span_from(block, whole), &v->cgroups);
		memmove(block, block + whole, have - whole);
		have -= whole;
	}
	if (fd >= 0)
		close(fd);
}

/* Takes dir over. */
static void walk_cgroups(struct views *v, int dir, unsigned depth)
{
	_Alignas(8) char block[8192];
	long got;

	read_procs(v, dir);
	while (depth < CGROUP_DEPTH && v->folders < CGROUPS_MAX &&
		(got = syscall(SYS_getdents64, dir, block, sizeof block)) > 0)
		for (long at = 0; at < got;) {
			unsigned short size;
			const char *name = block + at + 19;
			int fd = -1;

			memcpy(&size, block + at + 16, sizeof size);
			if (block[at + 18] == 4 /* DT_DIR */ && name[0] != '.')
				fd = openat(dir, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			at += size;
			if (fd < 0)
				continue;
			v->folders++;
			walk_cgroups(v, fd, depth + 1);
		}
	close(dir);
}

static void list_cgroups(struct scan *s, struct views *v)
{
	static const char *const tops[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified",
		"sys/fs/cgroup/systemd" };

	buf_clear(&v->cgroups.list);
	v->folders = 0;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		int fd = openat(host_root(scan_host(s)), tops[i],
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct stat st;

		if (fd < 0)
			continue;
		/* A folder of hierarchies (v1) is none itself. */
		if (fstatat(fd, "cgroup.procs", &st, 0) < 0)
			close(fd);
		else
			walk_cgroups(v, fd, 0);
	}
	pids_sort(&v->cgroups);
}

static int list_host(struct scan *s, struct views *v, struct err *e)
{
	const struct process *list;
	size_t n;

	if (host_processes(scan_host(s), &list, &n, e) < 0)
		return e->code;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(host_processes_means(scan_host(s)), "proc") != 0)
			pids_add(&v->iterator, list[i].pid);
		if (list[i].ppid)
			pids_add(&v->parents, list[i].ppid);
	}
	pids_sort(&v->iterator);
	pids_sort(&v->parents);
	return 0;
}

/* Two ways, as who hooks one may forget the other. Threads answer, too. */
static bool answers(uint32_t pid)
{
	return kill((pid_t)pid, 0) == 0 || errno == EPERM || sched_getscheduler((pid_t)pid) >= 0;
}

/* Only a process can be held, not one of its threads: EINVAL, ENOENT since 6.9. */
static bool is_process(uint32_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void ask(const struct views *v, uint32_t pid, struct pids *ret)
{
	if (answers(pid) && !pids_has(&v->listed, pid) && is_process(pid))
		pids_add(ret, pid);
}

static void sweep(struct scan *s, const struct views *v, struct pids *ret)
{
	uint32_t highest = 0, last = 0, pid_max;
	size_t n = pids_n(&v->listed);
	struct span text;
	struct sweep w;
	struct err e;

	if (n)
		highest = pids_at(&v->listed, n - 1);
	/* "0.1 0.2 0.3 2/345 6789": the number given out last. */
	if (host_read(scan_host(s), "proc/loadavg", 256, scan_arena(s), &text, &e) == 0) {
		const char *at = strrchr(text.p, ' ');

		last = at ? (uint32_t)strtoul(at, NULL, 10) : 0;
	}
	pid_max = (uint32_t)number_in(s, "proc/sys/kernel/pid_max", 32768);
	w = hidden_often(s)
		    ? sweep_often(highest, last, before.last, pid_max, (uint64_t)time(NULL) / 10)
		    : sweep_of(highest, last, pid_max, (uint64_t)time(NULL) / 60);
	before.last = last;
	for (size_t i = 0; i < ARRAY_LEN(w.from); i++)
		for (uint32_t pid = w.from[i]; pid < w.to[i]; pid++)
			ask(v, pid, ret);
	for (size_t i = 0; i < before.n; i++)
		ask(v, before.found[i], ret);
}

static void remember(const struct pids *seen)
{
	before.n = pids_n(seen) < FINDINGS_MAX ? pids_n(seen) : FINDINGS_MAX;
	for (size_t i = 0; i < before.n; i++)
		before.found[i] = pids_at(seen, i);
}

/* In /proc by its number, whatever the list says. */
static bool opens(const struct views *v, uint32_t pid)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof name, "%u/stat", pid);
	return fstatat(v->proc, name, &st, 0) == 0;
}

static void describe(struct scan *s, const struct views *v, uint32_t pid, struct finding *f)
{
	struct arena *a = scan_arena(s);
	char link[64], target[4096];
	struct span text;
	struct stat st;
	struct err e;
	ssize_t n;

	snprintf(link, sizeof link, "%u/exe", pid);
	n = readlinkat(v->proc, link, target, sizeof target);
	if (n > 0)
		f->exe = arena_copy(a, span_from(target, (size_t)n));
	snprintf(link, sizeof link, "%u/comm", pid);
	if (host_read_at(v->proc, link, 64, a, &text, &e) == 0) {
		text.n -= text.n && text.p[text.n - 1] == '\n';
		f->command = text;
	}
	snprintf(link, sizeof link, "%u", pid);
	if (fstatat(v->proc, link, &st, 0) == 0)
		f->user = span_of(arena_format(a, "%u", st.st_uid));
}

static void report(struct scan *s, const struct views *v, uint32_t pid)
{
	struct finding f = { .type = HIDDEN_PROCESS, .missing_from = { "/proc" } };
	struct arena *a = scan_arena(s);
	size_t n = 0;

	f.key = span_of(arena_format(a, "process/%u", pid));
	if (kill((pid_t)pid, 0) == 0 || errno == EPERM)
		f.seen_by[n++] = "kill";
	if (sched_getscheduler((pid_t)pid) >= 0)
		f.seen_by[n++] = "sched_getscheduler";
	if (is_process(pid))
		f.seen_by[n++] = "pidfd_open";
	if (pids_has(&v->cgroups, pid))
		f.seen_by[n++] = "cgroup";
	if (pids_has(&v->iterator, pid))
		f.seen_by[n++] = "bpf";
	if (pids_has(&v->parents, pid))
		f.seen_by[n++] = "its children";
	if (opens(v, pid))
		f.seen_by[n++] = "its folder in /proc";
	f.detail = arena_format(a, "process %u runs, but /proc does not list it", pid);
	describe(s, v, pid, &f);
	hidden_report(s, &f);
}

/* Drop from *ret what ended meanwhile, and what came after the first list was made. A cgroup's list
 * and the iterator's are made anew, since a number there may have been right a moment ago. */
static int keep_standing(struct scan *s, struct views *v, struct pids *seen, struct err *e)
{
	for (unsigned i = 0; i < AGAIN && pids_n(seen); i++) {
		struct pids still = PIDS_INIT, missing = PIDS_INIT;

		hidden_pause();
		list_cgroups(s, v);
		for (size_t k = 0; k < pids_n(seen); k++) {
			uint32_t pid = pids_at(seen, k);

			if ((answers(pid) && is_process(pid)) || pids_has(&v->cgroups, pid) ||
				opens(v, pid))
				pids_add(&still, pid);
		}
		/* Listed last: who came while we asked is in there. */
		if (list_proc(v, e) < 0) {
			pids_done(&still);
			return e->code;
		}
		pids_sort(&still);
		pids_missing(&still, &v->listed, &missing);
		pids_done(&still);
		pids_done(seen);
		*seen = missing;
	}
	return 0;
}

/* Of another pid namespace /proc shows other numbers; where we may not trace, hidepid= hides all.
 */
static int open_proc(struct scan *s, struct views *v, struct err *e)
{
	char target[32] = { 0 };
	struct span text;
	const char *caps;

	v->proc = openat(host_root(scan_host(s)), "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->proc < 0)
		return err_sys(e, "cannot open '/proc'");
	if (readlinkat(v->proc, "self", target, sizeof target - 1) < 0 ||
		strtol(target, NULL, 10) != getpid())
		return err_set(e, ERR_SYSTEM, "'/proc' is of other processes than ours");
	if (host_read_at(v->proc, "thread-self/status", 65536, scan_arena(s), &text, e) < 0)
		return e->code;
	caps = strstr(text.p, "CapEff:\t");
	if (!caps || !(strtoull(caps + 8, NULL, 16) >> CAP_PTRACE & 1))
		return err_set(e, ERR_DENIED, "others' processes may be hidden from us");
	return 0;
}

int hidden_processes(struct scan *s, struct err *e)
{
	__attribute__((cleanup(views_done))) struct views v = { -1, PIDS_INIT, PIDS_INIT, PIDS_INIT,
		PIDS_INIT, 0 };
	AUTO(pids) seen = PIDS_INIT;

	if (open_proc(s, &v, e) < 0 || list_host(s, &v, e) < 0)
		return e->code;
	list_cgroups(s, &v);
	/* After the others: what began meanwhile is in it, what ended is asked for again. */
	if (list_proc(&v, e) < 0)
		return e->code;
	pids_missing(&v.cgroups, &v.listed, &seen);
	pids_missing(&v.iterator, &v.listed, &seen);
	pids_missing(&v.parents, &v.listed, &seen);
	sweep(s, &v, &seen);
	pids_sort(&seen);
	if (keep_standing(s, &v, &seen, e) < 0)
		return e->code;
	remember(&seen);
	for (size_t i = 0; i < pids_n(&seen) && i < FINDINGS_MAX; i++)
		report(s, &v, pids_at(&seen, i));
	return 0;
}
