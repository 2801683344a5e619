#include "change/lens.h"

/* What its rules watch; a field that only a test looks at is observed, but not watched. */
static uint64_t watched_by(const struct selection *s)
{
	uint64_t fields = 0;

	for (unsigned i = 0; i < s->n; i++)
		fields |= s->rule[i]->fields;
	return fields;
}

void lens_look(const struct lens *l, const struct record *r, struct view *ret)
{
	struct selection old;
	uint64_t now, before;

	ret->held = policy_select(l->now, r->kind, r->key, r, &ret->selection);
	now = ret->held ? watched_by(&ret->selection) : 0;
	ret->held_before = ret->held;
	before = now;
	if (l->before) {
		ret->held_before = policy_select(l->before, r->kind, r->key, r, &old);
		before = ret->held_before ? watched_by(&old) : 0;
	}
	ret->watched = now & before;
	ret->fresh = now & ~before;
}
