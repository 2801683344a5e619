/* Compare: an observation against the tree of what was known, entry by entry in key order. What
 * differs goes to `found`; memory grows neither with the tree nor with the differences. */
#ifndef CHANGE_COMPARE_H
#define CHANGE_COMPARE_H

#include "change/edits.h"
#include "change/found.h"
#include "change/gaps.h"
#include "change/lens.h"
#include "change/pipeline.h"
#include "change/scan.h"

struct compare;

struct compare_setup {
	struct store *store;
	struct tree_root current, approved;
	struct lens lens;
	const struct scan_options *options;
	struct gaps *gaps;
	struct found *found;   /* gets what differs */
	struct edits *adopted; /* gets what a new policy adds to the approved tree */
	struct check_summary *summary;
};

int compare_open(struct compare **ret, const struct compare_setup *setup, struct err *e) MUST_CHECK;
void compare_close(struct compare *c);
void compare_freep(struct compare **c);

/* After a kind's end: nothing lies below this key any more. */
int compare_hollow(struct compare *c, struct span key, struct err *e) MUST_CHECK;

extern const struct observer compare_observer; /* its ctx is a struct compare */

#endif
