/* One line on standard error that says how far a scan is; only when that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/session.h"

struct progress {
	bool shown;      /* a line stands there */
	bool on;         /* standard error is a terminal, and --plain was not given */
	int64_t started; /* clock_monotonic() */
	unsigned width;
};

void progress_init(struct progress *p, const struct session *s);
void progress_show(struct progress *p, uint64_t entities, uint64_t bytes, uint64_t expected);
/* Append ", 40%, 12 s left": what has been spent, in ns, on so many of the expected entities;
 * nothing when that cannot be told. expected is not 0. */
void progress_left(struct buf *line, int64_t spent, uint64_t entities, uint64_t expected);
void progress_clear(struct progress *p); /* take the line away */

#endif
