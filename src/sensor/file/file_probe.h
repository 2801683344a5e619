/* Does a file system answer at all? Asked of everything that a program or another machine serves at
 * once, when the first of them does not: a server with ten mounts that went away costs one
 * deadline, not ten. */
#ifndef SENSOR_FILE_PROBE_H
#define SENSOR_FILE_PROBE_H

#include "os/mounts.h"

struct probe;

/* Begin to ask; never fails: what cannot be asked counts as one that answers. */
struct probe *probe_new(const struct mounts *m);
void probe_free(struct probe *p); /* accepts NULL */

/* This mount was asked at least so long ago, and has not answered yet. p may be NULL: no. */
bool probe_silent(const struct probe *p, const struct mount_point *mount, unsigned ms);

#endif
