/* The room of processes: what its files have in common. */
#ifndef WATCH_PROCESS_PROCESS_ROOM_H
#define WATCH_PROCESS_PROCESS_ROOM_H

#include "os/names.h"
#include "watch/process/process_table.h"
#include "watch/watcher.h"

#define PROCESSES_BYTES ((size_t)6 << 20) /* of the table */
#define NS_PER_SECOND UINT64_C(1000000000)

struct programs; /* process_program.c */
struct account;  /* process_account.c */
struct trace;    /* process_trace.c: by BPF */
struct listener; /* process_connector.c */
struct groups;   /* process_group.c */

struct processes {
	struct process_table *table;
	const char *means; /* "bpf", "connector" or "proc" */
	const char *worse; /* why it is not the best one */
	bool unsaid;       /* that the channel was full for */
	int proc;          /* /proc, without what is mounted over its folders where we may */
	int groups;        /* the unified hierarchy of control groups, or -1 */
	struct groups *made;
	uint32_t mounts[2]; /* namespaces of the host's mounts: ours, and that of process 1; 0: not
			       known */
	uint64_t tick;      /* ns: how exact /proc tells starts */
	struct programs *programs;
	struct account *account;
	struct trace *trace;
	struct listener *listener;
	struct arena *arena;   /* for one answer */
	struct arena *told;    /* for one event */
	struct arena *lasting; /* as long as the room */
	struct event *again;   /* look at all again, not more often than … */
	uint64_t looked;       /* … since then */
	struct {
		bool open; /* a loss that was not told yet, and what it was: */
		uint64_t from, count;
		const char *why;
	} loss;
	bool heard[PROCESS_EVENT_N]; /* by the means in force */
	struct {
		uint64_t *execs, *forks, *exits, *lost, *known, *asked, *unknown, *refused;
	} count;
};

uint64_t processes_now(void); /* ns since boot, as the table has it */
/* From there to ns since epoch; 0 stays 0. */
int64_t processes_wall(uint64_t at);
uint64_t processes_boot(int64_t time);

/* ---- process_proc.c ---- */

/* One process out of /proc; false: it is gone. Texts in a. */
bool proc_seen(struct processes *p, uint32_t pid, struct arena *a, struct seen *ret);
/* Only unit and container. False: it is gone, or (start not 0) another has its number. */
bool proc_group(struct processes *p, uint32_t pid, uint64_t start, struct arena *a,
	struct seen *ret);
/* All that run, into the table. */
void proc_running(struct processes *p);

/* ---- process_program.c: digests of executables ---- */

struct programs *programs_new(void);
void programs_free(struct programs *g);
/* What this process runs, or ran, since `began`: while it lives or when the file is still there.
 * Never waits for a file system that is not of this machine, nor reads what is very large: then it
 * stays without, and i->unread says why. */
void image_digest(struct processes *p, const struct life *l, struct image *i, uint64_t began);
/* Whether its path leads to it, or in the host's mounts to something else. */
void image_place(struct processes *p, const struct life *l, struct image *i);

/* ---- process_account.c: names ---- */

struct account *account_new(void);
void account_free(struct account *a);
/* Empty: it has none. Valid until the next call. */
struct span account_user(struct account *a, uint32_t uid);

/* ---- process_group.c ---- */

struct groups *groups_new(void);
void groups_free(struct groups *g); /* accepts NULL */
/* A group of the unified hierarchy was made. */
void group_made(struct processes *p, uint64_t id, struct span path);
/* Unit and container of a group that the table does not know yet. */
void group_complete(struct processes *p, struct seen *s);

/* ---- process_event.c: what is heard, into the table and to kinds ---- */

void process_forked(struct watcher *w, struct seen *s);
void process_began(struct watcher *w, struct seen *s, uint64_t at);
void process_ended(struct watcher *w, struct seen *s, uint64_t at);
void process_socket(struct watcher *w, uint32_t pid);

#endif
