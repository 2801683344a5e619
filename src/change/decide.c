#include "change/decide.h"

/* How many a new policy brought into the approved tree, and took out. */
struct moved {
	uint64_t adopted, disowned;
};

static int count_moved(void *ctx, const struct tree_entry *was, const struct tree_entry *is,
	struct err *e)
{
	struct moved *moved = ctx;

	(void)was, (void)e;
	*(is ? &moved->adopted : &moved->disowned) += 1;
	return 0;
}

static int add(struct journal *j, struct decision d, const struct tree_root *from,
	const struct tree_root *to, struct err *e)
{
	struct ledger_record rec = { .type = RECORD_DECISION, .decision = d };

	memcpy(rec.decision.from_root, from->id, sizeof rec.decision.from_root);
	memcpy(rec.decision.to_root, to->id, sizeof rec.decision.to_root);
	return journal_add(j, &rec, e);
}

int decide_policy(struct journal *j, const struct tree_root *from, const struct tree_root *to,
	struct span by, struct err *e)
{
	struct decision d = { .what = span_of("policy"), .by = by };
	struct moved moved = { 0 };

	if (tree_diff(j->store, from, to, count_moved, &moved, e) < 0)
		return e->code;
	if (moved.adopted + moved.disowned == 0)
		return 0;
	d.reason = span_of(!moved.disowned  ? "the policy now watches this"
			   : !moved.adopted ? "the policy now expects this to be absent"
					    : "the policy now watches this, or expects it to be "
					      "absent");
	d.items = moved.adopted + moved.disowned;
	return add(j, d, from, to, e);
}

int decide_proven(struct journal *j, struct edits *proven, uint64_t n, struct tree_root *approved,
	struct err *e)
{
	struct decision d = { .what = span_of("proof"), .items = n };
	struct tree_root from = *approved;

	if (edits_empty(proven))
		return 0;
	d.reason = span_of("written by package managers, as the packages delivered it");
	if (edits_apply(proven, j->store, &from, approved, e) < 0)
		return e->code;
	return add(j, d, &from, approved, e);
}
