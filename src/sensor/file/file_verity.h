/* The digest by which fs-verity protects a file. */
#ifndef SENSOR_FILE_FILE_VERITY_H
#define SENSOR_FILE_FILE_VERITY_H

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/* What FS_IOC_MEASURE_VERITY fills in: struct fsverity_digest in native byte order, with room for
 * the longest digest behind it. */
#define FILE_VERITY_BYTES (4 + 64)

/* Append "sha256:HEX" or "sha512:HEX", as `fsverity measure` prints it. ERR_FORMAT for another
 * algorithm, a size that is not the algorithm's, or too few bytes; then nothing is appended. */
int file_verity_text(struct span digest, struct buf *ret, struct err *e) MUST_CHECK;

#endif
