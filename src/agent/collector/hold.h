/* While a package manager is at work, what it and its children touch is looked at only when it is
 * done: a transaction explains its files only as a whole, and half of one would be a thousand false
 * alarms. What anybody else touches meanwhile is looked at at once; so is what one does that is not
 * the host's: not root, or in a place of its own where any program may bear a manager's name. */
#ifndef AGENT_COLLECTOR_HOLD_H
#define AGENT_COLLECTOR_HOLD_H

#include "change/pipeline.h"

struct event_base;
struct hold;

struct hold_listener {
	/* A manager has ended. What it did last may not have been heard of: hold_settled() is to be
	 * called with this number when it has. */
	void (*settle)(void *ctx, uint32_t number);
	/* Everything held for a manager, once what it did is settled, or it has taken longer than
	 * `seconds`. */
	void (*release)(void *ctx, const struct look_again *l);
};

struct hold *hold_new(struct event_base *base, unsigned seconds, const struct hold_listener *l,
	void *ctx);
void hold_free(struct hold *h); /* drops what is held; accepts NULL */

/* True: held. False: nothing to wait for, or no more room. */
bool hold_take(struct hold *h, const struct look_again *l);
/* The same of what we look at by ourselves, whoever was behind it: true while any manager is at
 * work, which may have done it. */
bool hold_beside(struct hold *h, const struct look_again *l);
/* What happened before the request of this number, and those before it, has been heard of. */
void hold_settled(struct hold *h, uint32_t number);
/* A number for somebody else's request. */
uint32_t hold_number(struct hold *h);
size_t hold_count(const struct hold *h);
/* The process being waited for; 0: none. */
uint32_t hold_for(const struct hold *h);

/* The pid of the outermost package manager among a process and its ancestors; 0: none. */
uint32_t hold_manager(const struct who *w);

#endif
