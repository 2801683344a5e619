/* What should not be there and is, what should be there and is not: found in the trees, in the
 * ranges of keys below the bases of the rules that say so. */
#ifndef CHANGE_PRESENCE_H
#define CHANGE_PRESENCE_H

#include "change/gaps.h"
#include "change/lens.h"
#include "store/tree.h"

/* Call back for each entry held by an `absent` rule of the policy now and by none of the one
 * before. Non-zero from the callback ends it and is passed on. */
int presence_absent(struct store *s, const struct tree_root *root, const struct lens *l,
	int (*each)(void *ctx, const struct tree_entry *entry, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

/* 1: the tree has something the rule holds; 0: nothing. */
int presence_held(struct store *s, const struct tree_root *root, const struct policy *p,
	const struct rule *rule, struct err *e) MUST_CHECK;

/* 1: an observation with these options and gaps saw all there is below the rule's bases. */
int presence_seen(const struct rule *rule, const struct scan_options *o, struct gaps *g,
	struct err *e) MUST_CHECK;

#endif
