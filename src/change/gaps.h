/* What could not be looked at during one observation. Kept on disk: there may be as many gaps as
 * entities. */
#ifndef CHANGE_GAPS_H
#define CHANGE_GAPS_H

#include "sensor/sensor.h"
#include "store/store.h"

struct gaps;

struct gaps *gaps_new(struct store *s);
void gaps_free(struct gaps *g);
void gaps_freep(struct gaps **g);

/* The same key and reason twice count once. */
int gaps_add(struct gaps *g, const struct gap *gap, struct err *e) MUST_CHECK;
/* Without what is merely away. */
uint64_t gaps_count(const struct gaps *g);

/* 1: a gap covers the entity with this stored key; 0: none does. */
int gaps_cover(struct gaps *g, struct span key, struct err *e) MUST_CHECK;

/* In stored-key order. */
int gaps_each(struct gaps *g, int (*each)(void *ctx, const struct gap *gap, struct err *e),
	void *ctx, struct err *e) MUST_CHECK;

#endif
