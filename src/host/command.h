/* Command lines with what looks secret left out: "***" (host/secret.h). Pure. */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"
#include "host/secret.h"

/* Append the command line (a NUL behind each argument, as in /proc/PID/cmdline), arguments apart by
 * a space, hostile bytes as they are; at most `max` bytes, then "…". */
void command_masked(struct span cmdline, size_t max, struct buf *ret);

/* One argument after the other. */
struct command {
	struct span rest;
	size_t n; /* that were given out */
	struct secret secret;
};
struct command command_of(struct span cmdline);
/* Append the next argument, masked; false: none is left. */
bool command_next(struct command *c, struct buf *ret);

#endif
