/* A value as its difference to the one before it, at the same offsets: neighbours in a tree differ
 * in a digest and a few digits. docs/STORE.md §4. */
#ifndef STORE_DELTA_H
#define STORE_DELTA_H

#include "core/buf.h"

/* Seven bits a byte, low ones first. */
void delta_put_number(struct buf *b, uint64_t n);
bool delta_get_number(const char **p, const char *end, uint64_t *ret) MUST_CHECK;

/* Bytes that a and b have in common at their beginning, n at most. */
size_t delta_common(const char *a, const char *b, size_t n);

void delta_put(struct buf *b, struct span was, struct span is);
/* Turn *value from what was into what is. False on bytes that delta_put does not write, and when it
 * would exceed value->max. */
bool delta_get(const char **p, const char *end, struct buf *value) MUST_CHECK;

#endif
