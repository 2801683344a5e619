/* What is to be looked at again, each thing once, until a look takes it. Bounded: when it is full,
 * the caller must treat what it could not keep as lost. */
#ifndef AGENT_PENDING_H
#define AGENT_PENDING_H

#include "change/pipeline.h"

#define PENDING_MAX 65536
#define PENDING_BYTES ((size_t)12 << 20)

struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *p); /* accepts NULL */

/* Copies. Of the same entity twice the last who counts; what was heard of by the watcher stays so
 * when a survey says the same. False: full. */
bool pending_add(struct pending *p, const struct look_again *l);
size_t pending_count(const struct pending *p);
size_t pending_count_of(const struct pending *p, const struct kind *k);
/* Items are numbered as they come: the next one's number, and whether any below `serial` waits. */
uint64_t pending_serial(const struct pending *p);
bool pending_waits(const struct pending *p, uint64_t serial);
/* What waits longest, as `happened` of it; 0: nothing. */
int64_t pending_oldest(const struct pending *p);

/* Move at most `most` of those that `wants` (NULL: all) into *ret, an array in a; the spans live in
 * a as well. How many. */
size_t pending_take(struct pending *p, size_t most,
	bool (*wants)(void *ctx, const struct look_again *l), void *ctx, struct arena *a,
	struct look_again **ret);

#endif
