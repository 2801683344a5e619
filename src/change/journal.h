/* Record: what one run adds to the ledger, inside the caller's transaction; and telling it to the
 * listener once that is committed. */
#ifndef CHANGE_JOURNAL_H
#define CHANGE_JOURNAL_H

#include "change/card.h"
#include "change/found.h"
#include "change/gaps.h"
#include "change/lens.h"
#include "change/look_plan.h"
#include "change/pipeline.h"
#include "change/proof.h"

struct journal {
	struct store *store;
	int64_t time;         /* every record of the run carries it */
	uint64_t first, last; /* ledger positions; 0: none yet */
	struct arena *arena;  /* one record */
	struct buf body;
	struct cards cards;
	struct who_memo whos;
	const struct proofs *proofs;  /* the caller's; NULL: none */
	const struct look_plan *plan; /* says whom a change is put down to; NULL: a scan saw it */
};

void journal_init(struct journal *j, struct store *s, int64_t time);
void journal_done(struct journal *j);

/* Append one record; its time is filled in. */
int journal_add(struct journal *j, struct ledger_record *r, struct err *e) MUST_CHECK;
int journal_note(struct journal *j, const char *what, const char *text, struct err *e) MUST_CHECK;
/* All that was found and is a change, explained; counted in *ret_changes, by type. */
int journal_changes(struct journal *j, struct found *f, const struct lens *l,
	uint64_t ret_changes[CHANGE_TYPE_N], struct err *e) MUST_CHECK;
int journal_gap(struct journal *j, const struct gap *gap, struct err *e) MUST_CHECK;
int journal_gaps(struct journal *j, struct gaps *g, struct err *e) MUST_CHECK;

/* After the commit: read back what was recorded and tell it, in order. */
int journal_tell(struct journal *j, const struct check_listener *l, struct err *e) MUST_CHECK;

/* When it cannot be committed: tell what was found all the same, unchained and without cards. */
int journal_tell_unrecorded(struct journal *j, struct found *f, struct gaps *g,
	const struct lens *l, const struct check_listener *listener, struct err *e) MUST_CHECK;

#endif
