/* Drift: what differs between the approved and the current state, as findings. */
#ifndef CHANGE_DRIFT_H
#define CHANGE_DRIFT_H

#include "change/found.h"
#include "change/lens.h"
#include "store/tree.h"

/* Fill ret with all drift, renames recognised. ERR_MISSING when there is no baseline. */
int drift_find(struct store *s, const struct lens *l, struct tree_root *ret_approved,
	struct found *ret, struct err *e) MUST_CHECK;

#endif
