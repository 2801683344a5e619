/* Lines at the end of a file that is rotated: what a route to: file does, on both platforms. May
 * wait as long as the file system does. */
#ifndef AGENT_SINKS_FILE_WRITE_H
#define AGENT_SINKS_FILE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct file_target {
	const char *path;
	uint64_t rotate_size, rotate_count;
};

struct file_lines {
	const char *text;
	const size_t *ends; /* the i-th of n ends there in text */
	size_t n;
};

/* All of them are on the disk when it returns 0. */
int file_write_lines(const struct file_target *t, const struct file_lines *x,
	struct err *e) MUST_CHECK;

#endif
