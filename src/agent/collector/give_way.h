/* While very many files change, reading them waits: whoever changes them needs the processors and
 * the disk that reading would take, and what is written again or removed meanwhile is read once or
 * not at all. It waits until there is a pause, and never for long. */
#ifndef AGENT_COLLECTOR_GIVE_WAY_H
#define AGENT_COLLECTOR_GIVE_WAY_H

#include "agent/collector/backlog.h"

#define GIVE_WAY_MANY 64                  /* so many … */
#define GIVE_WAY_PAUSE INT64_C(50000000)  /* … in so long (ns) are no pause */
#define GIVE_WAY_MOST INT64_C(2000000000) /* so long it waits at most (ns) */

struct give_way {
	int64_t began;   /* monotonic ns: it waits since; 0: it does not */
	int64_t next;    /* … and whether there is a pause is seen then */
	uint64_t came;   /* since that was seen last */
	uint64_t serial; /* of the backlog: what came before this one has waited */
};

/* Something was heard of that may have to wait. */
void give_way_heard(struct give_way *g);

/* Are the files in the backlog to wait? Ask when they would be read, and again at g->next. put_off:
 * as of backlog_waits. */
bool give_way(struct give_way *g, const struct backlog *b, int64_t now,
	bool (*put_off)(void *ctx, const struct look_again *l), void *ctx);

#endif
