/* The approved state never moves without a decision in the ledger. These are made without a person
 * at the keyboard: by whoever wrote the policy, and by proofs. */
#ifndef CHANGE_DECIDE_H
#define CHANGE_DECIDE_H

#include "change/edits.h"
#include "change/journal.h"

/* The policy now watches, or expects to be absent, what makes `from` into `to`; nothing when they
 * are equal. by: as check_listener.by. */
int decide_policy(struct journal *j, const struct tree_root *from, const struct tree_root *to,
	struct span by, struct err *e) MUST_CHECK;
/* Apply `proven`, which n proofs explain, to *approved. */
int decide_proven(struct journal *j, struct edits *proven, uint64_t n, struct tree_root *approved,
	struct err *e) MUST_CHECK;

#endif
