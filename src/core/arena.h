/* Bytes owned: many small pieces freed all at once. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/attr.h"
#include "core/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* accepts NULL */
void arena_freep(struct arena **a);
void arena_clear(struct arena *a); /* frees all but the first block */
size_t arena_bytes(const struct arena *a);

void *arena_get(struct arena *a, size_t n);             /* zeroed, aligned for any type */
struct span arena_copy(struct arena *a, struct span s); /* a NUL stands behind the copy */
const char *arena_text(struct arena *a, struct span s); /* the same, as a C string */
const char *arena_format(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#endif
