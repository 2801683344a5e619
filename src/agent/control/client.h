/* The command line's side of the control socket. */
#ifndef AGENT_CONTROL_CLIENT_H
#define AGENT_CONTROL_CLIENT_H

#include "agent/control/request.h"
#include "os/channel.h"

struct pipe; /* control/windows/pipe.h */

struct client {
	struct channel channel;
	struct pipe *pipe; /* instead of a channel, on Windows */
	struct arena *arena;
};

/* The agent of this state. ERR_MISSING: none runs; ERR_DENIED: it may not be asked by us. */
int client_open(struct client *ret, const char *state_dir, struct err *e) MUST_CHECK;
void client_done(struct client *c); /* accepts what is zeroed */

/* Ask, and append the answer's text; its code is returned, with the text (what fits) in e.
 * ms: how long to wait, -1: as long as it takes. */
int client_ask(struct client *c, const struct agent_message *m, int ms, struct buf *ret,
	struct err *e) MUST_CHECK;

/* Every record from now on, until `each` says otherwise (that is passed on; 1: enough) or the agent
 * ends: 0 then. `idle` is called while nothing comes, about four times a second; may be NULL.
 * Records are valid until each returns. */
struct client_follow {
	void *ctx;
	int (*each)(void *ctx, const struct agent_record *r, struct err *e);
	int (*idle)(void *ctx, struct err *e);
};
int client_follow(struct client *c, const struct client_follow *f, struct err *e) MUST_CHECK;

#endif
