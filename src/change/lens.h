/* What the policy makes of a difference. While the policy moves from one to another, a field or an
 * entity counts only when both watch it: what we begin or stop to look at did not change. */
#ifndef CHANGE_LENS_H
#define CHANGE_LENS_H

#include "change/change.h"

struct lens {
	const struct policy *now;
	const struct policy *before; /* the one the states were made with; NULL: the same */
};

/* One entity seen through it. */
struct view {
	bool held, held_before;
	uint64_t watched;           /* fields both policies watch */
	uint64_t fresh;             /* fields only the new one watches */
	struct selection selection; /* under the policy now */
};

void lens_look(const struct lens *l, const struct record *r, struct view *ret);

#endif
