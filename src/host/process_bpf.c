/* The list of processes from the kernel's own iterator. What it does not tell (paths of
 * executables, names of units) is read from /proc once for all who have it in common. */
#include <unistd.h>

#include "host/bpf.h"
#include "host/process_list.h"

_Static_assert(NS_CGROUP == (int)BPF_NS_CGROUP && NS_UTS == (int)BPF_NS_UTS &&
		       NS_N == (int)BPF_NS_N,
	"both name the namespaces in the order of their names");

static void take_program(const struct program *from, struct process *p)
{
	p->exe = from->exe;
	p->deleted = from->deleted;
	p->memfd = from->memfd;
}

static void take_group(const struct process *from, struct process *p)
{
	p->unit = from->unit;
	p->container = from->container;
	p->cgroup_path = from->cgroup_path;
	p->cgroup = from->cgroup;
}

/* The folder is opened only for who is the first of its kind. */
static int folder(struct host *h, uint32_t pid, int *fd)
{
	if (*fd < 0)
		*fd = process_folder_clean(h->processes, pid);
	return *fd;
}

static void find_program(struct host *h, const struct bpf_task *t, struct process *p, int *fd)
{
	const uint64_t key[] = { t->exe_dentry, t->exe_mount };
	void **value = texts_value(&h->processes->programs, h->arena, span_from(key, sizeof key));
	struct program *program = *value;

	if (program) {
		take_program(program, p);
		return;
	}
	if (folder(h, t->pid, fd) < 0)
		return;
	process_read_exe(h, *fd, false, p);
	if (p->exe.n == 0)
		return;
	program = *value = arena_get(h->arena, sizeof *program);
	*program = (struct program){ p->exe, p->deleted, p->memfd };
}

static void find_group(struct host *h, const struct bpf_task *t, struct process *p, int *fd)
{
	const uint64_t key[] = { t->cgroup_set, t->cgroup };
	void **value = texts_value(&h->processes->groups, h->arena, span_from(key, sizeof key));
	struct process *first = *value;

	if (first) {
		take_group(first, p);
		return;
	}
	if (folder(h, t->pid, fd) < 0)
		return;
	(void)process_read_cgroup(h, *fd, p);
	if (!p->cgroup_path.p)
		return;
	first = *value = arena_get(h->arena, sizeof *first);
	*first = *p;
}

static int add(void *ctx, const struct bpf_task *t, struct err *e)
{
	struct host *h = ctx;
	struct processes *all = h->processes;
	struct process p = { .pid = t->pid, .ppid = t->ppid, .euid = t->euid, .egid = t->egid };
	int fd = -1;

	(void)e;
	p.kernel = (t->flags & PROCESS_KTHREAD) != 0;
	/* Ended, but for its number: what is left of it is told by /proc, with the others that the
	 * iterator does not tell. */
	if (!p.kernel && !t->exe_dentry)
		return 0;
	p.start = process_start(all, t->start / (uint64_t)all->tick);
	p.comm = texts_keep(&all->texts, h->arena,
		span_from(t->comm, strnlen(t->comm, sizeof t->comm)));
	p.cgroup = t->cgroup;
	if (!p.kernel) {
		memcpy(p.ns, t->ns, sizeof p.ns);
		find_program(h, t, &p, &fd);
		find_group(h, t, &p, &fd);
	}
	if (fd >= 0)
		close(fd);
	processes_add(all, &p);
	return 0;
}

int processes_by_bpf(struct host *h, struct err *e)
{
	int rc = bpf_tasks(h, add, h, e);

	processes_sort(h->processes);
	return rc;
}
