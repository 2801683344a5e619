/* The crew: the expendable process that touches what is observed. A file system that never answers
 * costs this process, not the collector: a thread that reads from a hung server cannot be killed,
 * but left. */
#ifndef SENSOR_FILE_CREW_H
#define SENSOR_FILE_CREW_H

#include <sys/types.h>

#include "os/ring.h"
#include "sensor/file/file_look.h"

struct crew_shared {
	struct bell collector, crew;
	struct tally tally;
	_Atomic uint32_t stop;
	char names_problem[512]; /* why names cannot be told; "": they can, or nobody has one */
	struct station station[CREW_MAX];
};

struct crew {
	pid_t pid;
	struct crew_shared *shared;
	struct ring *walk, *late,
		*requests; /* the last one is to the crew: stored keys to look at */
};

struct crew_plan {
	const struct scan_options *options;
	const struct selector *selector;
	struct avoid avoid;
	struct span resume; /* stored key that came last, or empty */
	int rootfd;
	bool kept; /* for one look after the other: sleeps between them */
};

int crew_start(struct crew *ret, const struct crew_plan *plan, struct err *e) MUST_CHECK;
/* End it. One that does not die at once is left behind; false then. */
bool crew_end(struct crew *c);
/* Of any expendable process. Kill it and wait a moment; false: it is stuck, and left behind. */
bool crew_kill(pid_t pid);
/* Keep nothing of the collector's but this descriptor (-1: none): one that is stuck would hold on
 * to it for as long as it is, and with it the lock of the state and the pipe that somebody reads
 * our output from. */
bool crew_let_go(int but);
/* It ended by itself. ret_text: how, for people. */
bool crew_is_stopped(const struct crew *c); /* by a signal */
bool crew_died(struct crew *c, struct buf *ret_text);

#endif
