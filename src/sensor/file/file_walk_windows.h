/* Inside the room on Windows: the walk itself, in the one thread that talks to the scan. */
#ifndef SENSOR_FILE_FILE_WALK_WINDOWS_H
#define SENSOR_FILE_FILE_WALK_WINDOWS_H

#include "sensor/file/file_windows.h"

#define AHEAD 8 /* folders listed ahead of their turn */

/* A folder whose sub-folders are being gone into. */
struct frame {
	struct frame *below; /* on the stack */
	struct folder *folder;
	struct listing *listing;
	uint32_t next;
	struct task *ahead[AHEAD]; /* in order, from `first` on */
	unsigned first, n_ahead;
};

struct walk {
	struct scan *scan;
	struct pool *pool;
	struct drive **drive; /* ascending by key */
	size_t n_drives;
	struct frame *stack;
	struct task *head, **tail; /* looks, in key order */
	unsigned waiting;
	struct task *late; /* answers to scan_same and to points, in no order */
	unsigned n_late;
	struct task *more; /* late, not yet given away */
	struct buf key, path;
	bool quick; /* trust_stamps */
};

void drives_find(struct walk *w);
struct drive *drives_of(struct walk *w, struct span path); /* NULL: none of ours */
void drives_drop(struct walk *w);

/* Everything that is selected; what waits is delivered. False: the user interrupted. */
bool walk_run(struct walk *w);
/* options.points. */
bool walk_points(struct walk *w);

/* ---- file_deliver_windows.c ---- */

/* Take what is done off the heads of the lists, wait a moment when nothing is, and tell of drives
 * that hang. False: stop. */
bool deliver_some(struct walk *w, bool wait);
/* Until nothing is under way. */
bool deliver_all(struct walk *w);
void deliver_gaps(struct walk *w, const struct task *t);
/* In key order. May wait. */
bool give_look(struct walk *w, struct task *t);
bool give_late(struct walk *w, struct task *t);

#endif
