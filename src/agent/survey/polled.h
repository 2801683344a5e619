/* What raises no event, such as chattr and project ids, moves the change time of a file (ctime) all
 * the same: that of the files whose rules are the most severe is polled, by a process of its own
 * that lives for a moment. */
#ifndef AGENT_SURVEY_POLLED_H
#define AGENT_SURVEY_POLLED_H

#include <stdint.h>

#include "core/span.h"

#define POLLED_MAX 5000
#define POLLED_SECONDS 60

struct event_base;
struct polled;

/* Every so many seconds; moved: called for each file whose change time is another one than it was.
 */
struct polled *polled_new(struct event_base *base, unsigned seconds,
	void (*moved)(void *ctx, struct span path), void *ctx);
void polled_free(struct polled *p); /* accepts NULL */

/* A new list follows. */
void polled_clear(struct polled *p);
/* ctime: as known, ns since epoch. Beyond POLLED_MAX it is not taken. */
void polled_add(struct polled *p, struct span path, int64_t ctime);
size_t polled_count(const struct polled *p);

#endif
