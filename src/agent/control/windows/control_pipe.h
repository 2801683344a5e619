/* The control pipe, what the control socket is on Linux, under a name that is new at each start and
 * stands in the lock of the state folder. Only this computer, and only SYSTEM, administrators and
 * who runs the agent may open it; it must not be there already, so that nobody else can listen in
 * our place. */
#ifndef AGENT_CONTROL_WINDOWS_CONTROL_PIPE_H
#define AGENT_CONTROL_WINDOWS_CONTROL_PIPE_H

#include <windows.h>

#include "agent/control/control.h"
#include "agent/loop/loop.h"

#define CONTROL_PIPES_MAX 16 /* clients at once; more wait until one is gone */

/* ERR_LOCKED: the name is taken. */
int control_pipe_new(struct control **ret, struct loop *loop, const char *name,
	const struct control_handlers *handlers, struct err *e) MUST_CHECK;

/* As client: ERR_MISSING: nobody listens; ERR_DENIED. Waits up to `ms` for a free place. The handle
 * is overlapped; the server may know who we are, and no more. */
int control_pipe_open(HANDLE *ret, const char *name, int ms, struct err *e) MUST_CHECK;

#endif
