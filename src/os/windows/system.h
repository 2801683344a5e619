/* NtQuerySystemInformation: lists of the kernel, by one call each. */
#ifndef OS_WINDOWS_SYSTEM_H
#define OS_WINDOWS_SYSTEM_H

#include "core/buf.h"
#include "core/err.h"

#define SYSTEM_PROCESSES 5 /* SYSTEM_PROCESS_INFORMATION, each with its threads behind it */
#define SYSTEM_MODULES 11  /* RTL_PROCESS_MODULES; not in winternl.h */

/* All of it, in place of what b holds. Called again with the same b it needs no memory. ERR_LIMIT:
 * it is longer than b may be; ERR_SYSTEM. `what` is for the text: "drivers". */
int system_ask(struct buf *b, unsigned long class, const char *what, struct err *e) MUST_CHECK;

#endif
