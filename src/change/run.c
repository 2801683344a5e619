#include "change/run.h"

#include "change/decide.h"
#include "os/clock.h"

void run_init(struct run *r, struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l)
{
	*r = (struct run){ .store = s, .policy = p, .options = *o, .listener = l };
	r->summary.started = clock_now();
	r->policy_text = BUF_INIT(BUF_MAX_DEFAULT);
	r->lens.now = p;
	r->gaps = gaps_new(s);
	r->found = found_new(s);
	r->adopted = edits_new(s);
	r->proven = edits_new(s);
}

void run_done(struct run *r)
{
	journal_done(&r->journal);
	gaps_free(r->gaps);
	found_free(r->found);
	edits_free(r->adopted);
	edits_free(r->proven);
	proofs_free(r->proofs);
	policy_free(r->policy_before);
	buf_done(&r->policy_text);
}

bool run_is_whole(const struct run *r)
{
	return !r->options.below && !r->options.kind;
}

int run_observe(struct run *r, const struct observer *observer, void *ctx, struct err *e)
{
	struct scan scan = { .store = r->store,
		.options = &r->options,
		.policy = r->policy,
		.observer = observer,
		.ctx = ctx,
		.listener = r->listener,
		.summary = &r->summary,
		.gaps = r->gaps,
		.kept = r->guard,
		.ahead = r->ahead,
		.expected = run_is_whole(r) ? r->current.count : 0 };
	int rc;

	if (secret_load(r->store, r->secret, e) < 0)
		return e->code;
	r->options.secret = r->secret;
	scan_init(&scan);
	rc = scan_run(&scan, e);
	scan_done(&scan);
	r->summary.ended = clock_end(r->summary.started);
	r->summary.gaps = gaps_count(r->gaps);
	return rc;
}

/* The current tree's side of what was found. */
static int next_edit(void *ctx, struct tree_entry *ret, bool *ret_delete, struct err *e)
{
	struct finding x;
	int r = found_next(ctx, &x, e);

	if (r <= 0)
		return r;
	*ret = (struct tree_entry){ x.key, x.is.shared, x.is.local };
	*ret_delete = !x.is.known;
	return 1;
}

int run_update_trees(struct run *r, struct tree_root *ret_approved, struct err *e)
{
	struct tree_root current = r->current, approved = r->approved;

	found_rewind(r->found);
	if (!found_empty(r->found) &&
		tree_update(r->store, &r->current, next_edit, r->found, &current, e) < 0)
		return e->code;
	if (decide_proven(&r->journal, r->proven, proofs_count(r->proofs), &r->approved, e) < 0 ||
		edits_apply(r->adopted, r->store, &r->approved, &approved, e) < 0 ||
		store_root_set(r->store, ROOT_CURRENT, &current, e) < 0 ||
		store_root_set(r->store, ROOT_APPROVED, &approved, e) < 0)
		return e->code;
	r->summary.root = current;
	*ret_approved = approved;
	return 0;
}

int run_tidy(struct run *r, struct err *e)
{
	uint64_t dropped;

	if (found_empty(r->found) && edits_empty(r->adopted))
		return 0;
	return store_collect(r->store, &dropped, e);
}

int run_tell_unrecorded(struct run *r, int rc)
{
	struct err ignored;

	if (r->compared)
		(void)!journal_tell_unrecorded(&r->journal, r->found, r->gaps, &r->lens,
			r->listener, &ignored);
	return rc;
}
