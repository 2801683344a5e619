/* What runs on this host, as the kernel itself tells it: BPF iterators over its processes and over
 * the sockets they hold open. About sixty times cheaper than /proc, and nothing a library preloaded
 * or a mount over /proc could edit. The programs are a few dozen instructions each, put together
 * here from the kernel's own description of its structures: no compiler and no libbpf, which would
 * spend more time on that description than all the rest takes.
 *
 * Everything here may be refused (no right, no BTF, an older kernel, lockdown, a container): then
 * the error says why, and the caller reads /proc. */
#ifndef HOST_BPF_H
#define HOST_BPF_H

#include <stdint.h>

#include "host/host.h"

enum bpf_ns {
	BPF_NS_CGROUP,
	BPF_NS_IPC,
	BPF_NS_MNT,
	BPF_NS_NET,
	BPF_NS_PID,
	BPF_NS_TIME,
	BPF_NS_USER,
	BPF_NS_UTS,
	BPF_NS_N
};

/* A thread group. Numbers of users and processes are those of the initial namespaces (elsewhere the
 * iterator is refused). As it comes from the kernel: 64 bits first. */
struct bpf_task {
	uint64_t start;  /* ns since boot, sleep included */
	uint64_t cgroup; /* id (inode number) of its cgroup in the unified hierarchy; 0: none */
	/* Together they stand for one path of an executable: whoever has the same has the same
	 * readlink of /proc/PID/exe, " (deleted)" included, so that it need be read only once for
	 * all of them. Never to be shown or kept. Both 0: none (a kernel thread, a zombie). */
	uint64_t exe_dentry, exe_mount;
	/* The same for its cgroups, of all hierarchies: whoever has both this and `cgroup` in
	 * common has the same text in /proc/PID/cgroup. */
	uint64_t cgroup_set;
	uint64_t exe_inode;    /* of the file system; 0: none */
	uint64_t ns[BPF_NS_N]; /* inode numbers; 0: unknown */
	char comm[16];         /* NUL behind it; hostile */
	uint32_t pid, ppid;
	uint32_t uid, euid, gid, egid;
	uint32_t flags;     /* PF_… of the kernel: 0x200000 is PF_KTHREAD */
	uint32_t exe_nlink; /* 0 with an exe_inode: the file is deleted */
};

/* An open file that is a socket. As it comes from the kernel. */
struct bpf_socket {
	uint64_t inode;
	uint32_t pid;
	uint32_t fd;
};

/* Each process, ascending by pid. A kernel can be made to keep some from its iterators (seen: one
 * that hides its init), so whoever needs all of them compares with the names in /proc. Non-zero
 * from `each` ends it and is passed on. `each` may have been called before an error. ERR_MISSING
 * when the host is not live. */
int bpf_tasks(struct host *h, int (*each)(void *ctx, const struct bpf_task *t, struct err *e),
	void *ctx, struct err *e) MUST_CHECK;
/* Each descriptor of each process that is a socket of any sort, also what was only inherited. */
int bpf_sockets(struct host *h, int (*each)(void *ctx, const struct bpf_socket *s, struct err *e),
	void *ctx, struct err *e) MUST_CHECK;

/* ---- for who lists what others have loaded ---- */

#define BPF_OWN_NAME "invar" /* of our programs, in the kernel */
/* Whether instructions with this tag are those of one of our iterators. */
bool bpf_is_own(struct host *h, const uint8_t tag[8]);
/* The function a tracing program is attached to, by the numbers of its link; "?" when unknown. */
struct span bpf_function(struct host *h, uint32_t object, uint32_t id, struct arena *a);

#endif
