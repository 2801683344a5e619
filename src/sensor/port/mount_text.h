/* Lines of /proc/self/mountinfo, as far as this room cares. Pure, fuzzed. */
#ifndef SENSOR_PORT_MOUNT_TEXT_H
#define SENSOR_PORT_MOUNT_TEXT_H

#include "core/arena.h"

/* True: the line mounts a network namespace; *ret is where, in a, with a NUL behind it. */
bool mount_of_netns(struct span line, struct arena *a, struct span *ret);

#endif
