/* Which host this is. */
#ifndef OS_HOST_H
#define OS_HOST_H

#include "core/buf.h"
#include "core/err.h"

/* Append the host's name as the kernel knows it (bytes; not resolved through any network). */
int host_name(struct buf *ret, struct err *e) MUST_CHECK;
/* Processors this process may use; at least 1. */
unsigned host_cores(void);

#endif
