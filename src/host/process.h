/* The processes that run on the host, looked at once a scan. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "host/host.h"

enum process_ns { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_TIME, NS_USER, NS_UTS, NS_N };
extern const char *const process_ns_names[]; /* "cgroup", …: as in /proc/PID/ns; ended by NULL */

/* A thread group. Texts live as long as the host; empty when unknown. */
struct process {
	uint32_t pid, ppid;
	uint32_t euid, egid;
	int64_t start;         /* ns since 1970-01-01 UTC; 0: unknown */
	struct span comm;      /* what it calls itself: hostile */
	struct span exe;       /* path, without " (deleted)"; empty for kernel threads and where we
				  lack the right */
	bool kernel;           /* a kernel thread: PF_KTHREAD, not its name */
	bool zombie;           /* ended, and nobody has asked how: no exe any more */
	bool denied;           /* we lack the right to see exe and namespaces */
	bool deleted;          /* the file of exe is gone or another one */
	bool memfd;            /* never had a file */
	struct span unit;      /* systemd unit by its cgroup: "ssh.service", "session-3.scope" */
	struct span container; /* runtime and short id by its cgroup: "docker:0123456789ab", or
				  machine name: "machine:web" */
	uint64_t ns[NS_N];     /* inode number; 0: unknown. NS_NET is always looked up, the others
				  by host_process_namespaces; kernel threads: 0, as they are init's */
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

/* Fills in all of p->ns (a system call each): p is one of host_processes. */
void host_process_namespaces(struct host *h, const struct process *p);
/* The namespaces of pid 1, looked up once; our own where we lack the right. 0: unknown. */
const uint64_t *host_init_namespaces(struct host *h);

/* Pure: the path of a cgroup ("/system.slice/ssh.service") to unit and container; empty: none.
 * Views into path or texts in a. Fuzzed. */
void cgroup_parse(struct span path, struct arena *a, struct span *ret_unit,
	struct span *ret_container);
/* Pure: the name of a unit as it is again after a restart or a reboot. Empty for what has another
 * name each time (scopes of sessions, run-r….service); "ssh@.service" for each of the services that
 * a socket starts by connection. Into unit, or texts in a. */
struct span unit_stable(struct span unit, struct arena *a);

/* Read a whole small file below dirfd; false: it cannot be. *ret is valid until the next call with
 * the same block. */
bool process_text(int dirfd, const char *name, char *block, size_t n, struct span *ret);

#endif
