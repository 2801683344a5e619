/* Does a stat of now tell that nothing happened since the content was read? */
#ifndef CHANGE_STAMP_H
#define CHANGE_STAMP_H

#include "entity/record.h"
#include "store/tree.h"

/* 1: all that `stamp` knows and the entry holds is the same, and the entry's content needs no
 * second look; 0: look closer. scratch is the caller's to reuse. On the hot path: decodes nothing
 * when the local bytes are the same. */
int stamp_same(const struct record *stamp, const struct tree_entry *entry, struct buf *scratch,
	struct err *e) MUST_CHECK;

#endif
