/* What the collector is to know of the current tree's files: those with several names, which may be
 * written by one that nobody watches, and those whose change time is to be polled (polled.h). */
#ifndef AGENT_SURVEY_LISTING_H
#define AGENT_SURVEY_LISTING_H

#include "policy/policy.h"
#include "store/store.h"

#define LINKED_MAX 65536

struct listing_listener {
	void *ctx;
	int (*linked)(void *ctx, struct span path, struct err *e);
	/* The most severe first. */
	int (*polled)(void *ctx, struct span path, int64_t ctime, struct err *e);
};

/* Goes through the whole tree. */
int listing_tell(struct store *s, const struct policy *p, const struct listing_listener *l,
	struct err *e) MUST_CHECK;

#endif
