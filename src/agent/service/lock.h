/* One agent for each state: a locked file in the state folder, which also says where it listens. */
#ifndef AGENT_SERVICE_LOCK_H
#define AGENT_SERVICE_LOCK_H

#include "core/buf.h"
#include "core/err.h"

#define AGENT_LOCK_FILE "agent.lock"

/* Makes the state folder (0700) when it is not there. *ret: held as long as it is open.
 * ERR_LOCKED names the pid that has it. */
int agent_lock(int *ret, const char *state_dir, const char *control, struct err *e) MUST_CHECK;
/* Where the agent of this state listens: appended to ret_control. ERR_MISSING: none runs;
 * ERR_DENIED. */
int agent_find(const char *state_dir, struct buf *ret_control, struct err *e) MUST_CHECK;

#endif
