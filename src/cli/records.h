/* Reading the ledger and the drift, record by record. */
#ifndef CLI_RECORDS_H
#define CLI_RECORDS_H

#include "cli/keyset.h"
#include "cli/session.h"

#define LEDGER_END ((uint64_t)INT64_MAX) /* beyond every number */

/* Valid until it returns. Non-zero ends the reading and is passed on. */
typedef int record_fn(void *ctx, const struct ledger_record *r, struct err *e);

/* from <= seq <= to, newest first when backwards. ERR_INTERRUPTED when the user asks to stop. */
int records_each(struct session *s, uint64_t from, uint64_t to, bool backwards, record_fn *each,
	void *ctx, struct err *e) MUST_CHECK;

/* A SELECTION typed, with the entities that its ledger numbers and cards stand for. */
struct chosen {
	struct change_selection selection;
	struct keyset *named; /* NULL: there are no such words */
	bool all;             /* no word was typed */
};
void chosen_done(struct chosen *c);

/* ERR_USAGE names a rule that the policy has not, a ledger number or card that no change has. */
int chosen_parse(struct session *s, struct arena *a, const char *const *words, size_t n,
	struct chosen *ret, struct err *e) MUST_CHECK;

/* ERR_USAGE when the policy has no rule with this id. */
int rule_expect(const struct policy *p, const char *id, struct err *e) MUST_CHECK;

/* The drift that stands, of what was chosen. */
int drift_chosen(struct session *s, const struct chosen *c, record_fn *each, void *ctx,
	struct err *e) MUST_CHECK;

/* The newest coverage record: 1 found, 0 there is none. Copied into a. */
int records_last_coverage(struct session *s, struct arena *a, struct ledger_record *ret,
	struct err *e) MUST_CHECK;

/* Append our own record: body and chain. Inside a transaction. */
int records_append(struct session *s, struct ledger_record *r, struct err *e) MUST_CHECK;

#endif
