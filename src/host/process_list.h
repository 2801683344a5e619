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

struct cgroup {
	struct span path, unit, container;
	uint64_t inode;
};

struct processes {
	struct process *list;
	size_t n, cap;
	const char *means;
	int proc;       /* /proc */
	int cgroups;    /* the v2 hierarchy, or -1 */
	int64_t booted; /* ns since 1970 when the clock of starts began */
	int64_t tick;   /* ns */
	struct texts texts;
	uint64_t init_ns[NS_N];
	bool init_known;
};

void texts_free(struct texts *t);
struct span texts_keep(struct texts *t, struct arena *a, struct span s);
/* The cgroup that the text of /proc/PID/cgroup tells of. */
const struct cgroup *texts_cgroup(struct texts *t, struct arena *a, struct span text, int cgroups);

/* /proc/PID, for openat and its like only; -1 and errno. */
int process_folder(int proc, uint32_t pid);
/* Read a whole small file below dirfd; false: it cannot be. *ret is valid until the next call with
 * the same block. */
bool process_text(int dirfd, const char *name, char *block, size_t n, struct span *ret);
int64_t process_start(const struct processes *all, uint64_t ticks);
/* One process out of its folder; false: it ended meanwhile. */
bool process_read(struct host *h, int dirfd, struct process *ret);

#endif
