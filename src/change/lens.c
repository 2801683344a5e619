#include "change/lens.h"

void lens_look(const struct lens *l, const struct record *r, struct view *ret)
{
	struct selection old;
	uint64_t now, before;

	ret->held = policy_select(l->now, r->kind, r->key, r, &ret->selection);
	now = ret->held ? ret->selection.fields : 0;
	ret->held_before = ret->held;
	before = now;
	if (l->before) {
		ret->held_before = policy_select(l->before, r->kind, r->key, r, &old);
		before = ret->held_before ? old.fields : 0;
	}
	ret->watched = now & before;
	ret->fresh = now & ~before;
}
