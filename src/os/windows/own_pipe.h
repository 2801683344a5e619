/* Pipes of our own, which nobody else may make or open. */
#ifndef OS_WINDOWS_OWN_PIPE_H
#define OS_WINDOWS_OWN_PIPE_H

#include <windows.h>

#include "core/buf.h"
#include "core/err.h"

/* Append `\\.\pipe\invar-` and 128 random bits: making a pipe needs no right, and whoever could
 * tell a name beforehand would make it first and leave us without. */
int own_pipe_name(struct buf *ret, struct err *e) MUST_CHECK;

/* A pipe to a child, with a buffer of that many bytes. Both ends can be waited for, as those of
 * anonymous pipes cannot: ours is overlapped, theirs is inherited, and overlapped where it reads.
 */
int own_pipe_pair(bool to_them, DWORD bytes, HANDLE *ret_ours, HANDLE *ret_theirs,
	struct err *e) MUST_CHECK;

#endif
