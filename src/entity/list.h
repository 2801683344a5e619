/* FIELD_LIST values: a CBOR array of byte strings. What has an order keeps it (the commands of a
 * unit); a set (the members of a group) is sorted and without doubles, so that equal sets are equal
 * bytes. */
#ifndef ENTITY_LIST_H
#define ENTITY_LIST_H

#include "core/arena.h"
#include "core/cbor.h"
#include "entity/record.h"

/* Set a FIELD_LIST of r to these items, in this order; the value lives in a. */
void record_set_list(struct record *r, unsigned field, struct arena *a, const struct span *items,
	size_t n);
/* The same as a set: sorts items in place and leaves out doubles. */
void record_set_set(struct record *r, unsigned field, struct arena *a, struct span *items,
	size_t n);

struct list {
	struct cbor at;
	uint64_t left;
};

/* Reading. value: as in a record (decoding has checked it); anything else reads as an empty list.
 */
struct list list_of(struct span value);
bool list_next(struct list *l, struct span *ret);

#endif
