/* What runs on this host and what ran lately: processes from their start to their end, and for a
 * while beyond it, so that one who is long gone is still known. Pure: it is fed by whoever hears of
 * processes, and bounded in bytes; the oldest of the gone give way. Times are ns since boot, sleep
 * included; texts in it are hostile. */
#ifndef WATCH_PROCESS_PROCESS_TABLE_H
#define WATCH_PROCESS_PROCESS_TABLE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/span.h"

#define TTY_MAX 24
#define PAST_MAX 4 /* programs before that are remembered of one process */

/* What a process runs: by one exec, shared by those who were forked since. */
struct image {
	uint32_t refs;
	bool deleted, args_cut;
	bool asked;         /* for its digest: sha256 is right, or stays empty */
	bool placed;        /* place is right */
	uint8_t n_sha256;   /* 32, or 0 */
	uint8_t sha256[32]; /* of the executable */
	uint64_t inode;     /* of the executable; 0: not known */
	uint32_t device;    /* it is on: major << 20 | minor; 0: not known */
	uint32_t mounts;    /* namespace of mounts it was run in; 0: not known */
	uint32_t place;     /* WHO_APART … */
	const char *unread; /* why it has no digest */
	struct span exe;    /* without " (deleted)"; empty: not known */
	struct span args;   /* a NUL behind each */
	uint32_t bytes;     /* that it takes */
};

/* What a process ran until it began to run something else. */
struct past {
	struct past *older;
	struct image *image;
	uint64_t since, until;
	bool own; /* by an exec of its own; else it had it from its parent */
};

/* A control group, as far as it says where something runs. */
struct group {
	uint32_t refs, bytes;
	uint64_t id, set;
	struct span unit, container;
};

struct life {
	struct life *chain;         /* others with this hash; generations of a pid: newest first */
	struct life *older, *newer; /* among the gone, by their end */
	uint32_t pid;
	uint32_t uid, login_uid, session; /* UINT32_MAX: not known, or none */
	uint64_t start;                   /* 0: not known */
	uint64_t ended;                   /* 0: it lives */
	uint32_t parent;
	uint64_t parent_start; /* 0: not known */
	struct image *image;   /* NULL: not known */
	uint64_t exec;         /* when it began to run image */
	bool own;              /* image: as in struct past */
	bool past_cut;         /* of a chain of execs not all are in `past` */
	struct past *past;     /* the newest first */
	struct group *group;
	uint64_t tally;
	char comm[16], tty[TTY_MAX]; /* NUL behind; empty: not known */
	bool kernel;                 /* a thread of the kernel */
	bool spared;                 /* has had its second chance */
	uint32_t children, heirs;    /* in the table; those of them that live */
	uint32_t round;              /* of process_table_ran that it was last told of in */
	/* The answer of processes_who, kept by the room; freed with the life. */
	char *answer;
	uint32_t n_answer;
	uint64_t answered;
	unsigned answered_past; /* how many programs before are in it */
};

/* What somebody heard of one process. Texts are copied. */
struct seen {
	uint32_t pid, parent;
	uint64_t start, parent_start; /* 0: not known */
	uint32_t uid;                 /* UINT32_MAX: not known, as the next */
	uint32_t login_uid, session;
	uint64_t cgroup, cgroup_set;
	struct span unit, container; /* used when the group is new */
	struct span exe, args, comm;
	struct span tty; /* p NULL: not known; empty: none */
	uint64_t inode;
	uint32_t mounts, device;
	bool deleted, args_cut, kernel;
	bool group_unknown; /* it is in another group than is known, and nobody knows in which */
};

struct process_table;

/* tick: how exact the starts are that it is told of, ns (/proc rounds them). */
struct process_table *process_table_new(size_t bytes_max, uint64_t tick);
void process_table_free(struct process_table *t); /* accepts NULL */

/* Before all that run are told of: when the table begins, and after a loss. */
void process_table_sweep(struct process_table *t);
/* It runs. */
struct life *process_table_running(struct process_table *t, const struct seen *s);
/* After each that runs was told of: who lived before `at` and was not told of is gone. */
void process_table_ran(struct process_table *t, uint64_t at);
/* A process was made by s->parent and runs the same. NULL: no room. */
struct life *process_table_fork(struct process_table *t, const struct seen *s);
/* It runs another program since `at`. NULL: no room. */
struct life *process_table_exec(struct process_table *t, const struct seen *s, uint64_t at);
/* start 0: whoever has the pid. NULL: not known. */
struct life *process_table_exit(struct process_table *t, uint32_t pid, uint64_t start, uint64_t at);
/* What is known better than before of one that lives: uid, group, what it runs when that was not
 * known. */
void process_table_better(struct process_table *t, struct life *l, const struct seen *s);

enum process_found {
	PROCESS_FOUND,
	PROCESS_NEVER, /* nobody with this pid is known */
	PROCESS_TWO    /* two who had this pid may have done it */
};
enum process_hold { HOLD_NOTHING, HOLD_LIVING, HOLD_GONE }; /* what is held of it lives, is gone */
/* Who had this pid when it did something that was heard of by `at`. */
enum process_found process_table_find(const struct process_table *t, uint32_t pid, uint64_t at,
	enum process_hold hold, struct life **ret);
/* The generation with this start, or when that is 0 the newest. NULL: not known. */
struct life *process_table_get(const struct process_table *t, uint32_t pid, uint64_t start);
/* NULL: not known (any more), or none. */
struct life *process_table_parent(const struct process_table *t, const struct life *l);
/* What it ran at a time. NULL: not known. */
struct image *process_table_image(const struct life *l, uint64_t at);
/* The group of this identity, of any who are in the table; NULL: none. */
const struct group *process_table_group(const struct process_table *t, uint64_t id, uint64_t set);
/* How many live that run this program (NULL: one that is not known) as the user of l in its unit.
 */
uint32_t process_table_alike(const struct process_table *t, const struct life *l,
	const struct image *i);

void process_table_answer(struct process_table *t, struct life *l, struct span answer, uint64_t at);

struct process_numbers {
	size_t living, gone, bytes;
	uint64_t refused; /* there was no room for a living one */
};
struct process_numbers process_table_numbers(const struct process_table *t);

#endif
