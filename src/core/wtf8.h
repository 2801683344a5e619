/* Rows of 16-bit units, as Windows names things, and WTF-8 (simonsapin.github.io/wtf-8): UTF-8 in
 * which an unpaired surrogate has its three bytes; and U+0000 is C0 80, since keys of ours are
 * joined by NUL. Exact both ways. */
#ifndef CORE_WTF8_H
#define CORE_WTF8_H

#include <stdint.h>

#include "core/buf.h"

/* Append n units. */
void wtf8_add(struct buf *ret, const uint16_t *units, size_t n);
/* The bytes wtf8_add would append. */
size_t wtf8_bytes(const uint16_t *units, size_t n);

/* The units of a text, at most one for each of its bytes; returns how many were written. What is
 * not in the form of wtf8_add (a bare NUL, two halves of a pair in three bytes each, overlong
 * forms) becomes U+FFFD, one for each byte that does not fit. */
size_t wtf8_units(struct span text, uint16_t *ret);

/* Is it exactly what wtf8_add writes? Such a text comes back from its units. */
bool wtf8_is(struct span text);

#endif
