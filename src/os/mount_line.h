/* A line of /proc/PID/mountinfo (proc(5)):
 * "36 35 98:0 /root /mount/point options tags… - type source superoptions". Pure. */
#ifndef OS_MOUNT_LINE_H
#define OS_MOUNT_LINE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/span.h"

/* Escapes are resolved; views live in the arena or the text. */
struct mount_line {
	uint32_t id, parent, major, minor;
	struct span root, point, options, type, source, super_options;
	struct span tags; /* "shared:1 master:2 ", each with a blank behind it; empty: none */
};

/* One line without its end. ERR_FORMAT. */
int mount_line_parse(struct span line, struct arena *a, struct mount_line *ret,
	struct err *e) MUST_CHECK;

/* \040 for a blank and its like: as the kernel and getmntent(3) write them. */
struct span mount_unescape(struct span s, struct arena *a);

#endif
