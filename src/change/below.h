/* The ranges of stored keys an observation was asked for: all of a kind, or some paths with what is
 * below them. */
#ifndef CHANGE_BELOW_H
#define CHANGE_BELOW_H

#include "sensor/sensor.h"

struct below_range; /* low <= key < high */

struct below {
	struct below_range *range; /* ascending, disjoint */
	size_t n;
	struct arena *arena;
};

int below_init(struct below *ret, const struct scan_options *o, const struct kind *k,
	struct err *e) MUST_CHECK;
/* Is anything of this kind asked for? */
bool below_any(const struct scan_options *o, const struct kind *k);
void below_done(struct below *b); /* accepts what is zeroed */

struct span below_low(const struct below *b, size_t i);
bool below_inside(const struct below *b, size_t i, struct span key); /* key < the end of range i */
bool below_holds(const struct below *b, struct span key);            /* any range has it */

#endif
