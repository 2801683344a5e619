/* /proc/PID/mountinfo (os/mount_line.h) and fstab(5): bytes to mounts. */
#ifndef SENSOR_MOUNT_MOUNT_INFO_H
#define SENSOR_MOUNT_MOUNT_INFO_H

#include "core/arena.h"
#include "core/err.h"
#include "core/span.h"
#include "os/mount_line.h"

/* "shared:1 master:2", the tags of a line, to "shared,slave"; "private" for none. */
struct span mount_propagation(struct span tags, struct arena *a);

struct fstab_line {
	struct span source, point, type, options;
};

/* 1: *ret is a mount; 0: a comment, an empty line, swap; ERR_FORMAT. */
int fstab_line_parse(struct span line, struct arena *a, struct fstab_line *ret,
	struct err *e) MUST_CHECK;

/* Is `option` one of the comma-separated options? */
bool mount_has_option(struct span options, struct span option);
/* Does the option say something that is another number whenever it is mounted ("fd=5")? */
bool mount_option_is_fleeting(struct span type, struct span option);

#endif
