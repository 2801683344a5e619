/* Who has the lock of a state folder. */
#ifndef AGENT_SERVICE_WINDOWS_LOCK_H
#define AGENT_SERVICE_WINDOWS_LOCK_H

#include <windows.h>

#include "core/buf.h"
#include "core/err.h"

/* The process, and its control pipe, appended. ERR_MISSING: no agent runs, or it has no pipe. */
int lock_holder(const char *state_dir, DWORD *ret_pid, struct buf *ret_name,
	struct err *e) MUST_CHECK;

/* As agent_lock, with a handle; closing it, or the end of the process, gives it back. */
int lock_take(HANDLE *ret, const char *state_dir, const char *control, struct err *e) MUST_CHECK;

#endif
