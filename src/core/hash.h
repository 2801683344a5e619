/* FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), for tables in memory: whoever
 * chooses the bytes can make them collide, so that something else must bound a chain. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdint.h>

#include "core/span.h"

#define HASH_START UINT64_C(14695981039346656037)

static inline uint64_t hash_add(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return h;
}

/* Its low bits are as good as the high ones. */
static inline uint64_t hash_end(uint64_t h)
{
	return h ^ h >> 32;
}

static inline uint64_t hash_of(struct span s)
{
	return hash_end(hash_add(HASH_START, s));
}

#endif
