/* Inside the room: files in real time. files.c is its door; shared by the files of this folder
 * alone. */
#ifndef WATCH_FILES_FILES_H
#define WATCH_FILES_FILES_H

#include "entity/who.h"
#include "watch/files/fan_event.h"
#include "watch/files/folder_cache.h"
#include "watch/files/linked.h"
#include "watch/files/mount_map.h"
#include "watch/files/pending.h"
#include "watch/files/place.h"
#include "watch/watcher.h"

#define FILESYSTEMS_MAX 256
#define BATCH_WHO 64
#define FAN_BLOCK ((size_t)128 << 10)

enum fs_state { FS_UNTRIED, FS_MARKED, FS_INOTIFY, FS_REFUSED };

/* A file system something of interest lies on. */
struct filesystem {
	uint64_t device; /* as in struct mount_row */
	char fsid[8];
	enum fs_state state;
	bool seen;                      /* still mounted somewhere: while the table is read again */
	char why[128];                  /* what it does not see, or why not at all */
	int fd;                         /* of a folder in it, while handles are resolved; -1 */
	const struct mount_row *fd_row; /* by which mount */
};

/* What the collector was told of a mount point. */
struct told_means {
	char *point;
	const char *name;           /* a literal */
	bool in_force, seen, dirty; /* dirty: to be told */
	char text[128];
};

struct files {
	struct watcher *w;
	int fan_fd; /* -1: refused */
	uint64_t mask;
	const char *no_fan; /* why, when refused */
	struct event *readable, *timer, *mounts_event;
	int mounts_fd, mounts_poll;
	struct mount_map *map;
	struct mounters *mounters;
	struct mount_change *changed; /* of the table, the last time; mount_changes.c */
	size_t n_changed;
	int64_t changed_at; /* monotonic; 0: whose they are is known of all */
	struct filesystem fs[FILESYSTEMS_MAX];
	size_t n_fs;
	bool too_many; /* of them */
	struct told_means *told;
	size_t n_told;

	struct asker asker;
	struct folder_cache cache;
	struct pending pending;
	struct linked linked;
	struct inotify_watches *inotify; /* NULL: not needed so far */
	struct canaries *canaries;       /* NULL: none is planted */

	/* draining */
	bool draining, blocked;
	bool refused; /* the kernel, to say which folder that was: it is a loss already */
	size_t burst; /* events since it was quiet */
	unsigned quiet_rounds;
	int64_t period;    /* ns between rounds */
	int64_t empty_at;  /* ns since epoch: when the kernel's queue was last seen empty */
	int64_t busy_at;   /* when something was first read since then; 0: nothing was */
	unsigned block_no; /* of what was read last */
	char *block;       /* what the kernel writes to */
	struct buf path;   /* of the event at hand */
	int64_t now, time; /* of the round: monotonic; since epoch */

	struct {
		uint32_t pid;
		unsigned block;                         /* asked for when this one was read */
		struct whodunit *who, *part[WHO_PARTS]; /* part: NULL: not asked for */
	} batch[BATCH_WHO];
	size_t n_batch;
	struct whodunit *nobody, *unnamed; /* of what no process is known to have done */

	struct {                        /* another_name.c */
		uint32_t changed[1024]; /* hashes of files whose number of names changed */
		uint64_t sent[16];      /* hashes of handles: an inode's number is used again */
		size_t next;
		bool now; /* the event at hand gave a file another name */
	} named;

	struct {
		bool open;
		int64_t from, to, sent; /* since epoch; sent: monotonic */
		uint64_t count;
		const char *text; /* a literal */
		struct buf scope;
	} loss;

	uint64_t *n_events, *n_filtered, *n_hints, *n_overflows, *n_resolved, *n_folders,
		*n_pending_max, *n_losses, *n_own;
};

/* ---- files.c ---- */

/* Something happened at a path that somebody asked for. */
void files_hint(struct files *f, struct span path, bool below, enum pending_rest rest,
	struct whodunit *who);
/* Other files show, or showed, at this point and below; who did that. before: as in struct hint. */
void files_mounted(struct files *f, struct span point, struct whodunit *who, int64_t before);
/* Hints may be lost from `from` (ns since epoch) to now. */
void files_loss(struct files *f, struct span scope, int64_t from, uint64_t count, const char *text);
/* Set the timer for what is to be done next. */
void files_arm(struct files *f);
/* What time it is, for this round. */
void files_clock(struct files *f);

/* ---- fan.c ---- */

int fan_open(struct files *f); /* sets fan_fd, or no_fan */
/* Mark the file system of this mount. 0 or errno. */
int fan_mark(struct files *f, const struct mount_row *row, char ret_fsid[8]);
/* All that the kernel has; how many events that were. */
size_t fan_drain(struct files *f);

/* ---- fan_take.c ---- */

void fan_take(struct files *f, const struct fan_event *x);
/* An event about `name` (empty or ".": the folder itself) in a folder seen at p. */
void fan_at(struct files *f, const struct fan_event *x, const struct place *p, struct span name);
#define FAN_NO_PID UINT32_MAX /* of an event that does not say who */
/* Who did the event at hand; asked for once a round and process. */
struct whodunit *fan_who(struct files *f, uint32_t pid, int pidfd);
void fan_who_forget(struct files *f);

/* ---- another_name.c ---- */

/* Each event passes here. True: it was a link to a file that had a name already. */
bool another_name(struct files *f, const struct fan_event *x);
void another_name_forget(struct files *f); /* whom the collector was told of */

/* ---- resolve.c ---- */

/* The folder of a handle, from the cache or from the file system. Valid until the next call. NULL:
 * nobody can say now, which is told as a loss. */
const struct folder *resolve_folder(struct files *f, struct span handle);
/* The path at which a file is seen whose folder the kernel did not name; false: none. */
bool resolve_file(struct files *f, struct span handle, struct buf *ret);
struct stat;
/* What a handle is, wherever that is mounted; false: it is gone. */
bool resolve_inode(struct files *f, struct span handle, struct stat *ret);
/* Close what was opened for it: an open descriptor keeps a file system from being unmounted. */
void resolve_close(struct files *f);

/* ---- marks.c ---- */

int marks_start(struct files *f, struct err *e) MUST_CHECK;
void marks_stop(struct files *f);
/* Read the mount table again, mark what is new, say what changed. */
void marks_refresh(struct files *f, bool policy_changed);
struct filesystem *marks_by_device(struct files *f, uint64_t device);
/* Of the mount this path lies on, not all is watched any more. */
void marks_fail(struct files *f, struct span path, const char *why);
/* Tell again what could not be sent. False: it still cannot. */
bool marks_tell(struct files *f);

#endif
