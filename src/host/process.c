#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/process_list.h"

#define STAT_BYTES 1024
#define LIST_BYTES ((size_t)64 << 10)
#define PROCESSES_MAX ((size_t)4 << 20) /* the most that a kernel has pids for */
#define NS_PER_SECOND INT64_C(1000000000)

void processes_free(struct processes *p)
{
	if (!p)
		return;
	if (p->proc >= 0)
		close(p->proc);
	if (p->cgroups >= 0)
		close(p->cgroups);
	if (p->clean >= 0)
		close(p->clean);
	texts_free(&p->texts);
	texts_free(&p->programs);
	texts_free(&p->groups);
	free(p->list);
	free(p);
}

static int64_t now(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

/* Something else mounted over /proc would hide every process; that must not read as "none". */
static int open_proc(struct host *h, struct processes *all, struct err *e)
{
	all->proc = openat(h->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (all->proc < 0)
		return err_sys(e, "cannot open '/proc'");
	return host_fd_is_kernels(h, all->proc, "proc", e);
}

/* Where the v2 hierarchy stands: alone, or beside v1's. */
static int open_cgroups(struct host *h)
{
	static const char *const places[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int fd = openat(h->root, places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

void processes_add(struct processes *all, const struct process *p)
{
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 512;
		all->list = mem_grow(all->list, all->cap, sizeof *all->list);
	}
	all->list[all->n++] = *p;
}

static uint32_t pid_of(const char *name)
{
	uint64_t n = 0;

	for (; *name >= '0' && *name <= '9' && n <= UINT32_MAX; name++)
		n = n * 10 + (uint64_t)(*name - '0');
	return *name || n > UINT32_MAX ? 0 : (uint32_t)n;
}

static void add_listed(struct host *h, uint32_t pid)
{
	struct processes *all = h->processes;
	int fd = process_folder(all->proc, pid);
	struct process p;

	if (fd < 0)
		return;
	if (!process_read(h, fd, pid, &p)) {
		fd = process_uncover(all, pid, fd);
		if (fd < 0)
			return;
		if (!process_read(h, fd, pid, &p))
			p.pid = 0;
	}
	if (p.pid && all->n < PROCESSES_MAX)
		processes_add(all, &p);
	close(fd);
}

static int compare(const void *x, const void *y)
{
	const struct process *a = x, *b = y;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

void processes_sort(struct processes *all)
{
	if (all->n)
		qsort(all->list, all->n, sizeof *all->list, compare);
}

/* Those that are in /proc and not in the list yet, which is in order. */
static int list_proc(struct host *h, struct err *e)
{
	_Alignas(8) char block[LIST_BYTES] UNSET;
	struct processes *all = h->processes;
	size_t n = all->n;
	long got;

	while ((got = syscall(SYS_getdents64, all->proc, block, sizeof block)) > 0)
		for (long at = 0; at < got;) {
			unsigned short size; /* linux_dirent64: ino, off, reclen, type, name */
			struct process key = { .pid = pid_of(block + at + 19) };

			memcpy(&size, block + at + 16, sizeof size);
			at += size;
			if (key.pid && !(n && bsearch(&key, all->list, n, sizeof key, compare)))
				add_listed(h, key.pid);
		}
	processes_sort(all);
	return got < 0 ? err_sys(e, "cannot list '/proc'") : 0;
}

/* The distance of the two clocks is constant until somebody sets one; that they are read one after
 * the other must not make every process another one each time. */
static int64_t boot_time(int64_t tick)
{
	int64_t apart = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME);

	return (apart + tick / 2) / tick * tick;
}

static int list(struct host *h, struct err *e)
{
	struct processes *all = h->processes;
	struct err refused;

	if (open_proc(h, all, e) < 0)
		return e->code;
	all->cgroups = open_cgroups(h);
	all->tick = NS_PER_SECOND / sysconf(_SC_CLK_TCK);
	all->booted = boot_time(all->tick);
	memcpy(&all->texts.seed, h->secret, sizeof all->texts.seed);
	all->means = "bpf";
	if (h->no_bpf || processes_by_bpf(h, &refused) < 0) {
		all->means = "proc";
		all->n = 0;
	}
	return list_proc(h, e);
}

int host_processes(struct host *h, const struct process **ret, size_t *ret_n, struct err *e)
{
	if (!h->live)
		return err_set(e, ERR_MISSING, "nothing runs in a tree that is not this host's");
	if (!h->processes) {
		h->processes = mem_new(sizeof *h->processes);
		h->processes->proc = h->processes->cgroups = h->processes->clean = -1;
		if (list(h, e) < 0) {
			processes_free(h->processes);
			h->processes = NULL;
			return e->code;
		}
	}
	*ret = h->processes->list;
	*ret_n = h->processes->n;
	return 0;
}

const struct process *host_process(struct host *h, uint32_t pid)
{
	struct process key = { .pid = pid };

	if (!h->processes || h->processes->n == 0)
		return NULL;
	return bsearch(&key, h->processes->list, h->processes->n, sizeof key, compare);
}

const char *host_processes_means(const struct host *h)
{
	return h->processes ? h->processes->means : "proc";
}

static bool is_listed(const struct processes *all, int fd, const struct process *p)
{
	char block[STAT_BYTES] UNSET;
	struct process_stat s;
	struct span text;
	struct err e;

	return process_text(fd, "stat", block, sizeof block, &text) &&
	       process_stat_from(text, &s, &e) == 0 && s.pid == p->pid &&
	       process_start(all, s.start) == p->start;
}

/* What is open stays with one process: once the start is compared, a pid used again cannot slip in.
 */
int host_process_open(struct host *h, const struct process *p)
{
	struct processes *all = h->processes;
	int fd = process_folder(all->proc, p->pid);

	if (fd >= 0 && is_listed(all, fd, p))
		return fd;
	if (fd >= 0)
		fd = process_uncover(all, p->pid, fd);
	if (fd >= 0 && is_listed(all, fd, p))
		return fd;
	if (fd >= 0)
		close(fd);
	errno = ESRCH;
	return -1;
}
