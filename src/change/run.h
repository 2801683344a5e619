/* Inside the path of a change: what a check, a first observation and a look have in common. */
#ifndef CHANGE_RUN_H
#define CHANGE_RUN_H

#include "change/compare.h"
#include "change/journal.h"
#include "change/secret.h"

/* What one run works with. */
struct run {
	struct store *store;
	const struct policy *policy;
	struct scan_options options;
	const struct check_listener *listener;
	struct check_summary summary;
	struct guard **guard; /* kept for the next run; NULL: none is */
	struct guard *ahead;  /* observed one kind before; NULL: none did */
	struct buf policy_text;
	struct gaps *gaps;
	struct found *found;
	struct edits *adopted;        /* by a new policy */
	struct edits *proven;         /* by a proof */
	struct proofs *proofs;        /* NULL: not looked for */
	struct policy *policy_before; /* NULL: the policy is as it was */
	struct lens lens;
	uint8_t secret[SECRET_SIZE];
	struct tree_root current, approved;
	struct journal journal;
	bool compared; /* all is found; the journal is there */
};

/* policy_text is empty till somebody prints it. */
void run_init(struct run *r, struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l);
void run_done(struct run *r);

bool run_is_whole(const struct run *r); /* everything the policy selects is observed */
int run_observe(struct run *r, const struct observer *observer, void *ctx,
	struct err *e) MUST_CHECK;
/* Both trees, by what was found, adopted and proven. */
int run_update_trees(struct run *r, struct tree_root *ret_approved, struct err *e) MUST_CHECK;
/* Nodes no tree reaches any more are dropped when something moved. */
int run_tidy(struct run *r, struct err *e) MUST_CHECK;
/* A full disk does not make it unseen. Returns rc. */
int run_tell_unrecorded(struct run *r, int rc);

#endif
