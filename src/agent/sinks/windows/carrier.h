/* Carrying batches by threads, one each, since all that carries them makes us wait (WinHTTP,
 * sockets, programs). What a sink of that sort does is a table of five functions. */
#ifndef AGENT_SINKS_WINDOWS_CARRIER_H
#define AGENT_SINKS_WINDOWS_CARRIER_H

#include "agent/link/link.h"

/* A batch on its way; a copy, since its lane and the settings may go. */
struct parcel {
	struct buf headers, body; /* headers: of a webhook */
	size_t ends[BATCH_RECORDS + 1];
	size_t n; /* messages; the i-th ends at ends[i] of body */
};

struct carrier {
	/* In the loop: what carries, kept from one batch to the next; must not wait, and copies
	 * what it needs of the route. */
	int (*open)(void **ret, const struct route *r, struct err *e);
	/* In the loop: what the parcel holds besides the batch's text; NULL: that is all. */
	int (*pack)(struct parcel *p, const struct lane *l, struct err *e);
	/* In a thread. 0: all of it was taken; 1: it was not, *e says why, and `at` may be used
	 * again; negative: it may not. */
	int (*carry)(void *at, const struct parcel *p, struct err *e);
	/* By the loop, while carry is at work or before: it is to return soon. */
	void (*cancel)(void *at);
	void (*close)(void *at); /* not while carry is at work; by any thread */
};

/* For struct sink. The batch has as long as its route's timeout says. */
void carrier_send(struct lane *l, const struct carrier *c);
void carrier_stop(struct lane *l);

#endif
