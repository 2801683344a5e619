/* Opening what a path leads to in another root: links are followed, but as if the folder were "/",
 * so nothing that lies there leads out of it (openat2(2), RESOLVE_IN_ROOT; Linux 5.6). */
#ifndef OS_IN_ROOT_H
#define OS_IN_ROOT_H

#include <stdint.h>

#include "core/err.h"

/* A new descriptor, never inherited; -1 and errno. Flags as open(2); O_NOATIME is left out where
 * the file is not ours. What the kernel could not finish, since somewhere something was renamed or
 * mounted on the way, is tried again. */
int in_root_open(int rootfd, const char *path, uint64_t flags) MUST_CHECK;

/* A regular file for reading, its time of access left alone where we may. A device, whose opening
 * may do something, and a FIFO, which may block, are not opened: ERR_FORMAT. */
int in_root_open_file(int *ret, int rootfd, const char *path, struct err *e) MUST_CHECK;

#endif
