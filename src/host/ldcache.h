/* The cache of the dynamic linker, etc/ld.so.cache: which library names lead to which files.
 * Format: glibc, sysdeps/generic/dl-cache.h ("glibc-ld.so.cache1.1"). Pure; bytes are hostile. */
#ifndef HOST_LDCACHE_H
#define HOST_LDCACHE_H

#include "core/err.h"
#include "core/span.h"

#define LDCACHE_MAX ((size_t)16 << 20)

/* Each name and the file it leads to, in its order; non-zero from `each` ends it and is passed on.
 * ERR_FORMAT: not this format, or offsets that lead nowhere. */
int ldcache_each(struct span cache, int (*each)(void *ctx, struct span name, struct span path),
	void *ctx, struct err *e) MUST_CHECK;

#endif
