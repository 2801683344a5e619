/* Routes on Windows: a thread of its own, which reads the ledger by itself and never waits for the
 * collector, nor the collector for it. What a route is told to do is done as on Linux
 * (agent/link/link.h); cursors are in STATE\link. */
#ifndef AGENT_LINK_WINDOWS_ROUTES_H
#define AGENT_LINK_WINDOWS_ROUTES_H

#include <windows.h>

#include "agent/config/config.h"
#include "core/buf.h"

struct routes;

/* Begin; the store must be there, config lives longer. *ret NULL: there are none. */
int routes_new(struct routes **ret, const struct agent_config *config, const char *state_dir,
	struct err *e) MUST_CHECK;
/* Ends them, within seconds; accepts NULL. False: they did not end, and are left behind with the
 * settings they use. */
bool routes_freep(struct routes **r);
/* The ledger has grown; without it they see it half a minute later. Accepts NULL. */
void routes_wrote(struct routes *r);
/* An event (by hand): what routes_state says is another. */
HANDLE routes_said(const struct routes *r);
void routes_state(struct routes *r, struct buf *ret); /* a JSON array, as docs/ROUTES.md has it */

#endif
