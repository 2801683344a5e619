/* Inside the watcher: what its rooms (files, process, kinds) have in common. One thread, one event
 * loop (libevent); no room waits for anything. */
#ifndef WATCH_WATCHER_H
#define WATCH_WATCHER_H

#include <event2/event.h>

#include "core/arena.h"
#include "os/channel.h"
#include "watch/notice.h"
#include "watch/watch.h"

struct processes;     /* watch/process/process_table.h */
struct files;         /* watch/files/files.h */
struct watched_kinds; /* watch/kinds/kinds.h */
struct own_process;   /* watch/watcher.c */

struct watcher {
	struct watch_setup setup;
	struct event_base *base;
	const struct policy *policy; /* in force */
	struct policy *own_policy;   /* got by REQUEST_POLICY: ours to free */
	struct selector selector;
	struct channel channel;
	struct processes *processes;
	struct files *files;
	struct watched_kinds *kinds;
	struct arena *scratch;    /* cleared whenever a room is done with an event */
	struct own_process **own; /* of ours */
	size_t n_own;
	/* for the rooms' counters: REQUEST_COUNTS sends them all */
	struct watcher_count {
		const char *name;
		uint64_t value;
	} counts[48];
	size_t n_counts;
	uint32_t settling; /* the number of a REQUEST_SETTLE not answered yet; 0: none */
	bool gently;       /* that one, and those before it, ask for these kinds only, … */
	uint64_t settles;  /* … a bit per id */
};

/* Send it. False: the collector does not read; nothing was sent, and the room keeps it for later
 * (bounded) or, when it cannot, says so by a loss as soon as it can. */
bool watcher_send(struct watcher *w, const struct notice *n);
bool watcher_is_own(const struct watcher *w, uint32_t pid);
/* A counter of this name (a literal), made at first use; valid as long as the watcher. */
uint64_t *watcher_counter(struct watcher *w, const char *name);
/* Something was sent by the channel again: rooms may send what they kept. Each room has one. */

/* ---- the rooms' doors ---- */

/* Each is begun in this order: processes, kinds, files. A room whose means the kernel refuses falls
 * back and says so by NOTICE_MEANS; an error only when there is no use in going on. */
struct watch_room {
	const char *name;
	int (*start)(struct watcher *w, struct err *e);
	void (*stop)(struct watcher *w);
	void (*policy)(struct watcher *w); /* w->policy is another one now; may be NULL */
	void (*canary)(struct watcher *w); /* may be NULL */
	void (*linked)(struct watcher *w, struct span path); /* REQUEST_LINKED; may be NULL */
	void (*drained)(struct watcher *w); /* the channel takes frames again; may be NULL */
	/* Hear what the kernel has to say by now, and tell all that waits. False: the channel does
	 * not take it all; called again when it is drained. May be NULL. */
	bool (*settle)(struct watcher *w);
};
extern const struct watch_room watch_processes, watch_kinds, watch_files;

/* ---- of processes (watch/process/) ---- */

/* Append the who of this process as canonical CBOR, and true; or false, and *ret_why is a literal
 * that says why it is not known. Hears first what the kernel has to say by now. `pidfd`: of the
 * process, or -1; time: of its act, ns since epoch, or 0 (now); since: the act may have been as
 * early as that, or 0 (a second before): what it ran after that and before `time` may have done it,
 * too.
 */
struct who_asked {
	uint32_t pid;
	int pidfd;
	int64_t time, since;
	bool ended; /* only if it has ended, and not long ago */
};
bool processes_who(struct watcher *w, const struct who_asked *x, struct buf *ret,
	const char **ret_why);

/* Take in all that the kernel has to say by now. */
void processes_drain(struct watcher *w);

/* A process as the table knows it, for who listens. Texts are valid until the listener returns. */
enum process_event_type {
	PROCESS_EXEC,
	PROCESS_EXIT,
	PROCESS_SOCKET, /* bound, began or ceased to listen */
	PROCESS_EVENT_N
};
struct process_event {
	enum process_event_type type;
	uint32_t pid, uid;
	struct span exe, unit, container; /* empty: not known, or none */
	int64_t time;
	bool first; /* EXEC: no other process runs this program as this user in this unit.
		       EXIT: it was the last one that did */
};
/* Are events of this type heard of at all (kinds_process is called for them)? Else kinds polls. May
 * change while running: kinds asks again at each of its polls. */
bool processes_hear(const struct watcher *w, enum process_event_type type);
/* kinds implements it; called by processes for each event. */
void kinds_process(struct watcher *w, const struct process_event *x);

/* ---- of kinds (watch/kinds/) for files ---- */

/* The patterns of WATCH_FILE, for files to ask for; ended by pattern NULL. */
struct watch_path {
	const struct kind *kind;
	const char *pattern;
};
const struct watch_path *kinds_paths(struct watcher *w);
/* Something at this path, which matches `p`, changed. */
void kinds_path(struct watcher *w, const struct watch_path *p, struct span path, int64_t time,
	struct span who, const char *why);
/* What is mounted at this point (files watches the table), `layers`: and what lies over that; point
 * empty: anything about any mount. who: entity/who.h; empty: not known, and why. */
void kinds_mounts(struct watcher *w, struct span point, bool layers, int64_t time, struct span who,
	const char *why);

#endif
