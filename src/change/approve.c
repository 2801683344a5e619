#include "change/drift.h"
#include "change/edits.h"
#include "change/explain.h"
#include "change/journal.h"
#include "change/named.h"
#include "os/clock.h"

struct approval {
	struct store *store;
	struct lens lens;
	const struct change_selection *selection;
	struct named *named; /* what seq: and card: stand for */
	struct found *found;
	struct edits *edits;
	struct arena *arena;
	uint64_t items;
};

static void approval_done(struct approval *a)
{
	named_free(a->named);
	found_free(a->found);
	edits_free(a->edits);
	arena_free(a->arena);
}

/* ---- which drift is selected ---- */

static int is_selected(struct approval *a, const struct finding *x, struct err *e)
{
	struct tree_entry root;
	struct ledger_record r;
	int rc;

	/* What moved with its folder goes with its folder. */
	if (x->type == FOUND_FOLDED)
		return edits_get(a->edits, x->root, &root, e);
	arena_clear(a->arena);
	rc = explain(a->arena, &a->lens, NULL, x, &r, e);
	if (rc <= 0)
		return rc;
	if (change_selection_holds(a->selection, &r))
		return 1;
	rc = named_has(a->named, x->key, e);
	return rc ? rc : named_has(a->named, x->old_key, e);
}

/* The whole entry moves: what no rule watches comes along. */
static int move(struct approval *a, const struct finding *x, struct err *e)
{
	struct tree_entry entry = { x->key, x->is.shared, x->is.local };

	if (x->old_key.n && edits_delete(a->edits, x->old_key, e) < 0)
		return e->code;
	a->items++;
	return x->is.known ? edits_put(a->edits, &entry, e) : edits_delete(a->edits, x->key, e);
}

static int select_drift(struct approval *a, struct err *e)
{
	struct finding x;
	int r;

	found_rewind(a->found);
	while ((r = found_next(a->found, &x, e)) > 0) {
		r = is_selected(a, &x, e);
		if (r < 0 || (r > 0 && move(a, &x, e) < 0))
			return e->code;
	}
	return r;
}

static int record(struct approval *a, const struct tree_root *from, const struct decision *d,
	struct err *e)
{
	AUTO(journal) j = { 0 };
	struct ledger_record r = { .type = RECORD_DECISION, .decision = *d };
	struct tree_root to;

	journal_init(&j, a->store, clock_now());
	if (edits_apply(a->edits, a->store, from, &to, e) < 0 ||
		store_root_set(a->store, ROOT_APPROVED, &to, e) < 0)
		return e->code;
	r.decision.items = a->items;
	memcpy(r.decision.from_root, from->id, sizeof from->id);
	memcpy(r.decision.to_root, to.id, sizeof to.id);
	return journal_add(&j, &r, e);
}

static int run(struct approval *a, const struct decision *d, struct err *e)
{
	struct tree_root approved;

	if (drift_find(a->store, &a->lens, &approved, a->found, e) < 0 ||
		named_find(&a->named, a->store, &a->lens, a->selection, e) < 0 ||
		select_drift(a, e) < 0)
		return e->code;
	if (a->items == 0)
		return 0;
	if (store_begin(a->store, e) < 0)
		return e->code;
	if (record(a, &approved, d, e) < 0 || store_commit(a->store, e) < 0) {
		store_rollback(a->store);
		return e->code;
	}
	return 0;
}

int approve(struct store *s, const struct policy *p, const struct change_selection *sel,
	const struct decision *d, uint64_t *ret_items, struct err *e)
{
	AUTO(approval) a = { .store = s, .lens = { .now = p }, .selection = sel };
	uint64_t dropped;

	a.found = found_new(s);
	a.edits = edits_new(s);
	a.arena = arena_new();
	if (run(&a, d, e) < 0)
		return e->code;
	if (a.items && store_collect(s, &dropped, e) < 0)
		return e->code;
	*ret_items = a.items;
	return 0;
}
