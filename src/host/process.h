/* The processes that run on the host, looked at once a scan. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "host/host.h"

enum process_ns { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_TIME, NS_USER, NS_UTS, NS_N };
extern const char *const process_ns_names[]; /* "cgroup", …: as in /proc/PID/ns; ended by NULL */

/* A thread group. Texts live as long as the host; empty when unknown. */
struct process {
	uint32_t pid, ppid;
	uint32_t uid, euid, gid, egid;
	int64_t start;         /* ns since 1970-01-01 UTC; 0: unknown */
	struct span comm;      /* what it calls itself: hostile */
	struct span exe;       /* path, without " (deleted)"; empty for kernel threads */
	bool kernel;           /* a kernel thread: PF_KTHREAD, not its name */
	bool deleted;          /* the file of exe is gone or another one */
	bool memfd;            /* never had a file */
	struct span unit;      /* systemd unit by its cgroup: "ssh.service", "session-3.scope" */
	struct span container; /* runtime and short id by its cgroup: "docker:0123456789ab", or
				  machine name: "machine:web" */
	uint64_t ns[NS_N];     /* inode number; 0: unknown */
	uint64_t cgroup;       /* inode number of its cgroup v2 folder; 0: unknown */
	struct span cgroup_path;
};

/* All processes, ascending by pid; kernel threads too. What ended while we looked is left out. The
 * list is made at the first call, by a BPF iterator where that can be had, else from /proc.
 * ERR_MISSING when the host is not live. */
int host_processes(struct host *h, const struct process **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* NULL: none with this pid. Only after host_processes. */
const struct process *host_process(struct host *h, uint32_t pid);
/* "bpf" or "proc": by which means the list was made. */
const char *host_processes_means(const struct host *h);

/* /proc/PID, opened; -1 and errno ESRCH when it is gone or no longer the process that was listed
 * (pid used again). The caller closes. */
int host_process_open(struct host *h, const struct process *p);

/* Pure: a line of /proc/PID/cgroup (v2 "0::/path") to unit and container. Views into path or texts
 * in a. Fuzzed. */
void cgroup_parse(struct span path, struct arena *a, struct span *ret_unit,
	struct span *ret_container);

#endif
