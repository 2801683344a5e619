/* What moved: a key that is gone and a key that is new with the same file behind both. */
#ifndef CHANGE_RENAME_H
#define CHANGE_RENAME_H

#include "change/found.h"
#include "change/lens.h"

/* Turn pairs of FOUND_DELETED and FOUND_CREATED into FOUND_RENAMED and FOUND_LEFT, and what moved
 * unchanged with its folder into FOUND_FOLDED. `base` is the tree `was` comes from: a file with
 * several names did not move when one of them stayed. What is reported under one rule where it was
 * and under another where it is stays a loss and a gain: neither rule answers for the other. What
 * matters more than its folder, or as much under another rule, is not folded into it. Memory does
 * not grow with what moved. */
int found_settle(struct found *f, struct store *s, const struct tree_root *base,
	const struct lens *l, struct err *e) MUST_CHECK;

#endif
