/* The data streams of a file on NTFS, from the bytes of FILE_STREAM_INFORMATION (MS-FSCC 2.4.43).
 */
#ifndef SENSOR_FILE_FILE_STREAMS_H
#define SENSOR_FILE_FILE_STREAMS_H

#include <stdint.h>

#include "core/span.h"

struct file_stream {
	struct span name; /* UTF-16, little-endian, as "Zone.Identifier": without colons and type */
	uint64_t size;
};

/* The next alternate data stream behind *at (0 at first); the unnamed one, which is the file
 * itself, and streams that hold no data are passed over. 1; 0: there are no more; -1: the bytes do
 * not follow the format. */
int file_stream_next(struct span bytes, size_t *at, struct file_stream *ret);

#endif
