/* Which host this is. */
#ifndef OS_MACHINE_H
#define OS_MACHINE_H

#include "core/buf.h"
#include "core/err.h"

/* Append the host's name as the kernel knows it (bytes; not resolved through any network). */
int machine_name(struct buf *ret, struct err *e) MUST_CHECK;
/* Processors this process may use; at least 1. */
unsigned machine_cores(void);

#endif
