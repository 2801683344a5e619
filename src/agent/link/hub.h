/* Inside the link of Linux: it is a process a route, so that one that the kernel keeps (a file
 * system that does not answer, a program that cannot be ended) holds up itself alone. The link
 * itself opens nothing but their locks and hands frames to and fro:
 *
 *   collector ◀──▶ hub ◀──▶ a process for each route (carry.c), with the same words
 *
 * A process that is stuck is neither waited for nor replaced: it goes on when the kernel lets it.
 * One that is left behind by an end of the link keeps the lock of its route until then, so that
 * there are never two. */
#ifndef AGENT_LINK_HUB_H
#define AGENT_LINK_HUB_H

#include "agent/config/route.h"
#include "core/buf.h"

/* carry.c: one route, until the channel is closed: 0 then. */
int carry_run(const struct link_setup *setup, const struct route *r, struct err *e) MUST_CHECK;

/* hub_state.c: append a JSON object: what the route's process said last (an array of one; NULL:
 * nothing yet), how far behind it is by now, and, when it is stuck or not there, why. */
void hub_state(const struct route *r, const char *said, uint64_t behind, const char *why,
	struct buf *ret);

#endif
