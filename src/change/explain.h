/* Explain: from what was found to a change as people know it: records, rule, severity, verdict. */
#ifndef CHANGE_EXPLAIN_H
#define CHANGE_EXPLAIN_H

#include "change/found.h"
#include "change/lens.h"
#include "change/proof.h"

/* proofs: may be NULL. 1: *ret is a change (texts and records in a); 0: nothing anybody asked
 * about. time, card and ledger position are the caller's. */
int explain(struct arena *a, const struct lens *l, const struct proofs *proofs,
	const struct finding *x, struct ledger_record *ret, struct err *e) MUST_CHECK;

#endif
