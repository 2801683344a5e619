/* What is to be looked at again, each thing once, until a look takes it. Bounded: when it is full,
 * the caller must treat what it could not keep as lost. */
#ifndef AGENT_COLLECTOR_BACKLOG_H
#define AGENT_COLLECTOR_BACKLOG_H

#include "change/pipeline.h"

#define BACKLOG_MAX 65536
#define BACKLOG_BYTES ((size_t)12 << 20)

struct backlog;

struct backlog *backlog_new(void);
void backlog_free(struct backlog *p); /* accepts NULL */

/* Copies. Of the same entity twice the last who counts; what was heard of by the watcher stays so
 * when a survey says the same. What waits with a folder above it, heard of by the same who, is not
 * kept beside it. False: full. */
bool backlog_add(struct backlog *p, const struct look_again *l);
size_t backlog_count(const struct backlog *p);
size_t backlog_count_of(const struct backlog *p, const struct kind *k);
/* More than half full: nothing more is to be gathered that can wait. */
bool backlog_crowded(const struct backlog *p);
/* Items are numbered as they come: the next one's number, and whether any below `serial` waits
 * that is not `put_off` (NULL: none is). */
uint64_t backlog_serial(const struct backlog *p);
bool backlog_waits(const struct backlog *p, uint64_t serial,
	bool (*put_off)(void *ctx, const struct look_again *l), void *ctx);
/* What waits longest, as `happened` of it; 0: nothing. */
int64_t backlog_oldest(const struct backlog *p);

/* Move at most `most` of those that `wants` (NULL: all) into *ret, an array in a; the spans live in
 * a as well. How many. */
size_t backlog_take(struct backlog *p, size_t most,
	bool (*wants)(void *ctx, const struct look_again *l), void *ctx, struct arena *a,
	struct look_again **ret);

#endif
