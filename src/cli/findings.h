/* Findings gathered for an answer: printed as JSON at once, or kept for a report; and what they
 * mean for the exit status. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "cli/keyset.h"
#include "cli/records.h"
#include "output/report.h"

struct findings {
	struct session *session;
	struct report *report; /* all of them, or what `but` does not hold */
	struct keyset *keys;   /* of all changes */
	const struct keyset *but;
	struct report_counts counts; /* of all, whatever the report holds */
	const struct kind *kind;     /* what was asked about, NULL: every kind */
	bool standing;               /* it is drift: JSON says so */
	int fail_on;                 /* exit_counts() */
	int status;                  /* bits of what counts */
	struct buf
		policy; /* what became of the policy since the last check; empty: it is the same */
	/* the first change of the most weight, for the advice */
	struct buf example;
	int example_weight;
};

void findings_init(struct findings *f, struct session *s, int fail_on);
void findings_done(struct findings *f);
/* A record_fn; ctx is the findings. */
int findings_add(void *ctx, const struct ledger_record *r, struct err *e) MUST_CHECK;
/* The lines "  invar approve …" and "  invar show …" for what stands. */
void findings_advise(struct findings *f);

#endif
