/* All extended attributes of a file as one value. */
#ifndef SENSOR_FILE_FILE_XATTR_H
#define SENSOR_FILE_FILE_XATTR_H

#include "core/buf.h"
#include "core/span.h"

struct file_xattr {
	struct span name;
	struct span value;
};

/* Append a canonical CBOR map (RFC 8949 §4.2.1), byte string → byte string: the form of FIELD_MAP.
 * Sorts x. Of entries with the same name (only a hostile file system lists one twice) the one with
 * the least value stays. */
void file_xattr_map(struct file_xattr *x, size_t n, struct buf *ret);

#endif
