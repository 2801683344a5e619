/* One process out of /proc/PID. What ends while we look gives ESRCH or ENOENT wherever we are. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/process_list.h"
#include "os/in_root.h"

#define STAT_BYTES 1024
#define CGROUP_BYTES ((size_t)16 << 10)
#define TARGET_MAX 4096
#define DELETED " (deleted)"
#define MEMFD "/memfd:"

const char *const process_ns_names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user",
	"uts", NULL };

int process_folder(int proc, uint32_t pid)
{
	char name[16];

	snprintf(name, sizeof name, "%u", pid);
	return openat(proc, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int host_open_fs(const char *type)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), fd = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC);
	if (fs >= 0)
		close(fs);
	return fd;
}

static bool same_mount(int a, int b)
{
	struct statx x, y;

	return statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0 ||
	       statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) < 0 || x.stx_mnt_id == y.stx_mnt_id;
}

int process_uncover(struct processes *all, uint32_t pid, int fd)
{
	bool covered = !same_mount(fd, all->proc);

	close(fd);
	if (covered && all->clean < 0)
		all->clean = host_open_fs("proc");
	return covered && all->clean >= 0 ? process_folder(all->clean, pid) : -1;
}

int process_folder_clean(struct processes *all, uint32_t pid)
{
	int fd = process_folder(all->proc, pid);

	return fd < 0 || same_mount(fd, all->proc) ? fd : process_uncover(all, pid, fd);
}

bool process_text(int dirfd, const char *name, char *block, size_t n, struct span *ret)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t got = 0;
	ssize_t r = 1;

	if (fd < 0)
		return false;
	while (got < n && (r = read(fd, block + got, n - got)) > 0)
		got += (size_t)r;
	close(fd);
	*ret = span_from(block, got);
	return r >= 0;
}

int64_t process_start(const struct processes *all, uint64_t ticks)
{
	return all->booted + (int64_t)(ticks % (UINT64_MAX / 4 / (uint64_t)all->tick)) * all->tick;
}

/* Is the running program the file that stands at this path for the process itself? Then a path that
 * ends in " (deleted)" is its name. */
static bool is_named(int dirfd, struct span path)
{
	int root = openat(dirfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = root < 0 ? -1 : in_root_open(root, path.p, O_PATH | O_NOFOLLOW);
	struct stat running, there;
	bool same = fd >= 0 && fstat(fd, &there) == 0 && fstatat(dirfd, "exe", &running, 0) == 0 &&
		    running.st_ino == there.st_ino && running.st_dev == there.st_dev;

	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	return same;
}

/* A leader that has ended while other threads go on has lost its program; they have not. */
static ssize_t thread_link(int dirfd, uint32_t pid, char *target)
{
	int tasks = openat(dirfd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(8) char block[4096];
	ssize_t n = -1;
	long got = tasks < 0 ? 0 : syscall(SYS_getdents64, tasks, block, sizeof block);

	for (long at = 0; at < got && n <= 0;) {
		unsigned short size; /* struct linux_dirent64: ino, off, reclen, type, name */
		char name[32], link[48];

		memcpy(&size, block + at + 16, sizeof size);
		snprintf(name, sizeof name, "%s", block + at + 19);
		if (name[0] >= '0' && name[0] <= '9' && strtoul(name, NULL, 10) != pid) {
			snprintf(link, sizeof link, "%s/exe", name);
			n = readlinkat(tasks, link, target, TARGET_MAX);
		}
		at += size;
	}
	if (tasks >= 0)
		close(tasks);
	return n;
}

void process_read_exe(struct host *h, int dirfd, bool threads, struct process *p)
{
	struct processes *all = h->processes;
	char target[TARGET_MAX + 1];
	size_t tail = strlen(DELETED);
	ssize_t n = readlinkat(dirfd, "exe", target, TARGET_MAX);
	struct span path;

	if (n < 0 && threads)
		n = thread_link(dirfd, p->pid, target);
	if (n <= 0) {
		p->denied = n < 0 && (errno == EACCES || errno == EPERM);
		return;
	}
	target[n] = '\0';
	path = span_from(target, (size_t)n);
	if (path.n > tail && memcmp(path.p + path.n - tail, DELETED, tail) == 0 &&
		!is_named(dirfd, path)) {
		p->deleted = true;
		path.n -= tail;
		p->memfd = span_starts(path, span_of(MEMFD));
	}
	p->exe = texts_keep(&all->texts, h->arena, path);
}

bool process_read_cgroup(struct host *h, int dirfd, struct process *p)
{
	struct processes *all = h->processes;
	char block[CGROUP_BYTES] UNSET;
	struct span text;
	const struct cgroup *c;

	if (!process_text(dirfd, "cgroup", block, sizeof block, &text))
		return false;
	c = texts_cgroup(&all->texts, h->arena, text, all->cgroups);
	p->unit = c->unit;
	p->container = c->container;
	p->cgroup_path = c->path;
	p->cgroup = c->inode;
	return process_cgroup_is_v2(text);
}

static uint64_t read_ns(int dirfd, enum process_ns which)
{
	char link[32], target[64];
	ssize_t n;

	snprintf(link, sizeof link, "ns/%s", process_ns_names[which]);
	n = readlinkat(dirfd, link, target, sizeof target);
	return n > 0 ? process_ns_number(span_from(target, (size_t)n)) : 0;
}

/* The folder itself always belongs to the effective user; what is in it becomes root's when the
 * program may not be dumped. Far cheaper than the text of status. */
bool process_read(struct host *h, int dirfd, uint32_t pid, struct process *ret)
{
	char block[STAT_BYTES] UNSET;
	struct process_stat s;
	struct process p = { 0 };
	struct span text;
	struct stat st;
	struct err e;

	if (fstat(dirfd, &st) < 0 || !process_text(dirfd, "stat", block, sizeof block, &text) ||
		process_stat_from(text, &s, &e) < 0 || s.pid != pid)
		return false;
	p.pid = s.pid;
	p.ppid = s.ppid;
	p.euid = st.st_uid;
	p.egid = st.st_gid;
	p.start = process_start(h->processes, s.start);
	p.comm = texts_keep(&h->processes->texts, h->arena, s.comm);
	p.kernel = (s.flags & PROCESS_KTHREAD) != 0;
	p.zombie = s.state == 'Z' || s.state == 'X';
	if (!p.kernel) {
		process_read_cgroup(h, dirfd, &p);
		process_read_exe(h, dirfd, p.zombie && s.threads > 1, &p);
		p.ns[NS_NET] = read_ns(dirfd, NS_NET);
	}
	*ret = p;
	return true;
}

void host_process_namespaces(struct host *h, const struct process *p)
{
	struct process *own = &h->processes->list[p - h->processes->list];
	int fd;

	if (p->kernel || p->zombie)
		return;
	fd = host_process_open(h, p);
	for (unsigned i = 0; i < NS_N && fd >= 0; i++)
		if (!own->ns[i])
			own->ns[i] = read_ns(fd, (enum process_ns)i);
	if (fd >= 0)
		close(fd);
}

const uint64_t *host_init_namespaces(struct host *h)
{
	struct processes *all = h->processes;

	for (unsigned k = 0; k < 2 && !all->init_known; k++) {
		int fd = process_folder(all->proc, k == 0 ? 1 : (uint32_t)getpid());

		for (unsigned i = 0; i < NS_N && fd >= 0; i++)
			if (!all->init_ns[i])
				all->init_ns[i] = read_ns(fd, (enum process_ns)i);
		if (fd >= 0)
			close(fd);
	}
	all->init_known = true;
	return all->init_ns;
}
