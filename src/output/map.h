/* The pairs of a FIELD_MAP value: byte string to byte string, in key order. */
#ifndef OUTPUT_MAP_H
#define OUTPUT_MAP_H

#include "core/cbor.h"
#include "entity/kind.h"

struct map_pairs {
	struct cbor at;
	struct cbor_map map;
};

/* Bytes that are no map have no pairs. */
struct map_pairs map_pairs_of(struct span value);
/* False at the end. */
bool map_pairs_next(struct map_pairs *m, struct span *ret_name, struct span *ret_value);
/* The value with this name; false when there is none. */
bool map_pairs_find(struct span value, struct span name, struct span *ret);

/* Append one value as hexadecimal digits, or "sha256:" and its digest above 256 bytes. */
void map_value_hex(struct buf *ret, struct span value);
/* The same for people: a text in quotes, or digits; long ones cut unless full. FIELD_TABLE: JSON as
 * it is. */
void map_value_text(struct buf *ret, const struct field *f, struct span value, bool full);

#endif
