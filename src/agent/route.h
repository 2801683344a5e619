/* Routes: where records go from this host, each with its own cursor into the ledger. A route that
 * is slow or down holds up nobody; it goes on where it was when it comes back, and says what it had
 * to leave out when it was away for longer than it may. Run by the link, which sees no store: the
 * collector hands it the ledger's records (agent/request.h). */
#ifndef AGENT_ROUTE_H
#define AGENT_ROUTE_H

#include "agent/config.h"
#include "core/err.h"

struct binder; /* policy/bind.h */
struct node;   /* policy/tree.h */

/* One row of `routes:` of the settings, the one of number `at`: makes list[at], in the binder's
 * arena; list[0 … at-1] are those before it (NULL where one was wrong). ERR_POLICY when problems
 * were added. */
int route_bind(struct binder *b, const struct node *n, unsigned at, const struct route **list,
	struct err *e) MUST_CHECK;

/* What the link has to reach for a route: it is confined to this. Paths live as the settings. */
struct route_reach {
	const char *folder;   /* to write files in; NULL: none */
	const char *files[8]; /* to read: certificates, keys; ended by NULL */
	bool network;
	bool runs; /* a program: a command, sendmail */
};
void route_reach(const struct route *r, struct route_reach *ret);

struct link_setup {
	const struct agent_config *config;
	int fd;            /* channel to the collector */
	const char *spool; /* folder of our own, for cursors */
};

/* Be the link, until the channel is closed: 0 then. */
int link_run(const struct link_setup *setup, struct err *e) MUST_CHECK;

#endif
