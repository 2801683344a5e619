/* What a look is to look at, and whom a change that it finds is put down to. */
#ifndef CHANGE_LOOK_PLAN_H
#define CHANGE_LOOK_PLAN_H

#include "change/pipeline.h"

struct key_list { /* stored keys, in an arena of the caller's */
	struct span *key;
	size_t n, cap;
};
void key_list_add(struct key_list *l, struct arena *a, struct span key);

/* Of one hierarchical kind. */
struct target {
	const struct kind *kind; /* NULL: nothing of it */
	struct span *below;      /* paths; ascending by stored key, none inside another */
	size_t n_below;
	struct span *points; /* the same, none inside of `below` */
	size_t n_points;
	struct key_list hollow; /* points that are no folders: nothing is below them */
	struct key_list deep;   /* points that turned out to have more below them */
};

struct look_entry;

struct look_plan {
	struct target target[KIND_IDS];
	uint64_t flat; /* kinds, a bit per id */
	const struct look_again *looks;
	struct look_entry *entry; /* the looks, by stored key */
	size_t n;
};

/* looks stay the caller's. ERR_FORMAT: a key that no entity has. */
int plan_make(struct look_plan *ret, struct arena *a, const struct look_again *looks, size_t n,
	struct err *e) MUST_CHECK;
/* These, too, say whom changes are put down to; what is looked at stays as it was. */
int plan_add(struct look_plan *p, struct arena *a, const struct look_again *looks, size_t n,
	struct err *e) MUST_CHECK;
/* What was learned by observing. */
void plan_forget(struct look_plan *p);
/* What of this kind is looked at, as compare.c wants to know it; t of no kind: all of it. */
void plan_options(const struct target *t, struct scan_options *ret);
/* Who, when and how it was heard of: from the nearest look that covers it. Texts in a, or in whos
 * until the next one. */
void plan_attribute(const struct look_plan *p, struct arena *a, struct who_memo *whos,
	struct change *c);

#endif
