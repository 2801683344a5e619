/* Routes: where records go from this host, each with its own cursor into the ledger. A route that
 * is slow or down holds up nobody; it goes on where it was when it comes back, and says what it had
 * to leave out when it was away for longer than it may. Run by the link, which sees no store: the
 * collector hands it the ledger's records (agent/request.h). */
#ifndef AGENT_ROUTE_H
#define AGENT_ROUTE_H

#include "agent/config.h"
#include "core/err.h"

struct yaml_node; /* policy/tree.h */

struct link_setup {
	const struct agent_config *config;
	int fd;            /* channel to the collector */
	const char *spool; /* folder of our own, for cursors */
};

/* Be the link, until the channel is closed: 0 then. */
int link_run(const struct link_setup *setup, struct err *e) MUST_CHECK;

#endif
