/* The list of processes while it is made, for host/process*.c only. */
#ifndef HOST_PROCESS_LIST_H
#define HOST_PROCESS_LIST_H

#include "core/buf.h"
#include "host/process_parse.h"
#include "host/state.h"

struct slot; /* process_text.c */

/* Texts that many processes share (executables, cgroups), each kept once. */
struct texts {
	struct slot *slot;
	size_t n, cap;
	uint64_t seed;
};

/* What an executable's link says, kept for all who run it. */
struct program {
	struct span exe;
	bool deleted, memfd;
};

struct cgroup {
	struct span path, unit, container;
	uint64_t inode;
};

struct processes {
	struct process *list;
	size_t n, cap;
	const char *means;
	int proc;       /* /proc */
	int clean;      /* /proc without what is mounted over its folders; -1: not opened yet */
	int cgroups;    /* the v2 hierarchy, or -1 */
	int64_t booted; /* ns since 1970 when the clock of starts began */
	int64_t tick;   /* ns */
	struct texts texts, programs, groups;
	uint64_t init_ns[NS_N];
	bool init_known;
};

void texts_free(struct texts *t);
struct span texts_keep(struct texts *t, struct arena *a, struct span s);
/* The cgroup that the text of /proc/PID/cgroup tells of. */
const struct cgroup *texts_cgroup(struct texts *t, struct arena *a, struct span text, int cgroups);

/* A value of any kind for a key of any bytes; *ret_value is NULL at first. The key is copied. */
void **texts_value(struct texts *t, struct arena *a, struct span key);

/* /proc/PID, for openat and its like only; -1 and errno. */
int process_folder(int proc, uint32_t pid);
/* fd, as process_folder gave it, has no such process: is that because something is mounted over it?
 * Then the folder below, else -1; fd is closed. */
int process_uncover(struct processes *all, uint32_t pid, int fd);
/* The folder of a process whose texts nobody has checked yet: never what was mounted over it. */
int process_folder_clean(struct processes *all, uint32_t pid);
int64_t process_start(const struct processes *all, uint64_t ticks);
/* One process out of its folder; false: it ended meanwhile, or the folder is another's. */
bool process_read(struct host *h, int dirfd, uint32_t pid, struct process *ret);
/* The parts of it. threads: the leader ended, others go on. */
void process_read_exe(struct host *h, int dirfd, bool threads, struct process *p);
/* True: it is in a group of the v2 hierarchy that is not the topmost, so that all who are in the
 * same group there have the same unit. */
bool process_read_cgroup(struct host *h, int dirfd, struct process *p);
void processes_add(struct processes *all, const struct process *p);
void processes_sort(struct processes *all);

/* The list by a BPF iterator, but for what it keeps back. */
int processes_by_bpf(struct host *h, struct err *e) MUST_CHECK;

#endif
