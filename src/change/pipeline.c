/* The path of a change, from top to bottom: observe → compare → explain → record → tell. */
#include "change/pipeline.h"

#include <stdio.h>

#include "change/decide.h"
#include "change/policy_note.h"
#include "change/presence.h"
#include "change/proof.h"
#include "change/rename.h"
#include "change/run.h"
#include "change/standing.h"
#include "core/sha256.h"
#include "os/clock.h"
#include "os/machine.h"

#define VALUE_HOST "host"
#define VALUE_LAST_CHECK "last-check"

/* ---- compare ---- */

static int compare(struct run *r, struct err *e)
{
	AUTO_FREE(compare) c = NULL;
	struct compare_setup setup = { .store = r->store,
		.current = r->current,
		.approved = r->approved,
		.lens = r->lens,
		.options = &r->options,
		.gaps = r->gaps,
		.found = r->found,
		.adopted = r->adopted,
		.summary = &r->summary };

	if (compare_open(&c, &setup, e) < 0 || run_observe(r, &compare_observer, c, e) < 0)
		return e->code;
	return found_settle(r->found, r->store, &r->current, &r->lens, e);
}

/* The policy the states were made with, when it is another one than now. */
static int look_back(struct run *r, struct err *e)
{
	AUTO(buf) before = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(problems) problems = { 0 };
	int rc = store_value_get(r->store, VALUE_POLICY, &before, e);

	if (rc == ERR_MISSING ||
		(rc == 0 && span_same(buf_span(&before), buf_span(&r->policy_text))))
		return 0;
	if (rc < 0)
		return rc;
	r->summary.policy_changed = true;
	rc = policy_load_text(&r->policy_before, "the policy of the last check", buf_span(&before),
		false, &problems, e);
	/* An older program's text may say what no longer is allowed: then nothing is known of what
	 * was watched, and all counts as if it had been. */
	if (rc == ERR_POLICY)
		return 0;
	if (rc < 0)
		return rc;
	r->lens.before = r->policy_before;
	return 0;
}

/* ---- expect ---- */

static int take_absent(void *ctx, const struct tree_entry *entry, struct err *e)
{
	struct run *r = ctx;
	struct finding x = { .type = FOUND_QUIET,
		.key = entry->key,
		.is = { true, entry->shared, entry->local } };
	int rc = found_get(r->found, entry->key, &x, e);

	if (rc < 0 || edits_delete(r->adopted, entry->key, e) < 0)
		return e->code;
	if (x.type != FOUND_QUIET || !x.is.known)
		return 0;
	x.type = FOUND_CREATED;
	x.key = entry->key;
	x.was = (struct side){ 0 };
	return found_put(r->found, &x, e);
}

/* No observation and no policy approves what should not be there: it is told once, and stands until
 * somebody approves it by name. What a new policy still expects as the last one did was told. */
static int disown_absent(struct run *r, const struct tree_root *current, struct err *e)
{
	return presence_absent(r->store, current, &r->lens, take_absent, r, e);
}

/* 1: something the rule holds is there, or is missed by a deletion found now or standing. */
static int is_known(struct run *r, const struct rule *rule, struct err *e)
{
	const struct tree_root *roots[] = { &r->summary.root, &r->current, &r->approved };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(roots) && rc == 0; i++)
		if (roots[i]->count)
			rc = presence_held(r->store, roots[i], r->policy, rule, e);
	return rc;
}

static int note_missing(struct run *r, const struct rule *rule, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	r->summary.missing++;
	buf_addf(&text, "rule '%s'", rule->id);
	if (!rule->kind->hierarchical && rule->title[0])
		buf_addf(&text, " (%s)", rule->title);
	buf_add_text(&text, " expects something");
	if (!rule->kind->hierarchical)
		buf_addf(&text, " of kind %s", rule->kind->name);
	buf_add_text(&text, " to be present");
	for (size_t i = 0; rule->bases[i]; i++)
		buf_addf(&text, "%s '%s'", i ? "," : " at", rule->bases[i]);
	buf_add_text(&text, ", and nothing is");
	return journal_note(&r->journal, NOTE_MISSING, buf_text(&text), e);
}

static int miss_present(struct run *r, struct err *e)
{
	const struct rule *const *rules = policy_rules(r->policy);

	for (size_t i = 0; rules[i]; i++) {
		int rc;

		if (rules[i]->expect != EXPECT_PRESENT)
			continue;
		rc = is_known(r, rules[i], e);
		if (rc == 0)
			rc = presence_seen(rules[i], &r->options, r->gaps, e);
		else if (rc > 0)
			continue;
		if (rc < 0 || (rc > 0 && note_missing(r, rules[i], e) < 0))
			return e->code;
	}
	return 0;
}

/* ---- record ---- */

static int note_policy(struct run *r, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	if (!r->summary.policy_changed)
		return 0;
	buf_addf(&text, "the policy changed: %llu entities newly watched, %llu no longer watched",
		(unsigned long long)r->summary.newly_watched,
		(unsigned long long)r->summary.no_longer_watched);
	policy_note_rules(r->policy_before, r->policy, &text);
	return journal_note(&r->journal, NOTE_POLICY, buf_text(&text), e);
}

static void add_scope(const struct run *r, struct buf *ret)
{
	if (run_is_whole(r))
		buf_add_text(ret, "everything");
	if (r->options.kind)
		buf_addf(ret, "kind %s", r->options.kind->name);
	for (size_t i = 0; r->options.below && i < r->options.n_below; i++) {
		if (ret->n)
			buf_add_char(ret, ' ');
		buf_add_span(ret, r->options.below[i]);
	}
}

static int add_coverage(struct run *r, struct err *e)
{
	AUTO(buf) scope = BUF_INIT(BUF_MAX_DEFAULT);
	struct ledger_record rec = { .type = RECORD_COVERAGE };
	struct coverage *c = &rec.coverage;

	add_scope(r, &scope);
	c->means = span_of(r->options.trust_stamps ? "scan stamps" : "scan full");
	c->scope = buf_span(&scope);
	c->from = r->summary.started;
	c->to = r->summary.ended;
	c->bytes = r->summary.bytes;
	c->gaps = r->summary.gaps;
	for (size_t i = 0; i < ARRAY_LEN(r->summary.entities); i++)
		c->entities += r->summary.entities[i];
	for (size_t i = 0; i < CHANGE_TYPE_N; i++)
		c->changes += r->summary.changes[i];
	sha256_once(r->policy_text.p, r->policy_text.n, c->policy);
	memcpy(c->root, r->summary.root.id, sizeof c->root);
	return journal_add(&r->journal, &rec, e);
}

/* The policy's text moves only when all of it was looked through. */
static int set_values(struct run *r, struct err *e)
{
	AUTO(buf) host = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) time = BUF_INIT(64);

	if (standing_gaps_set(r->store, r->summary.gaps, run_is_whole(r), e) < 0)
		return e->code;
	if (run_is_whole(r) &&
		store_value_set(r->store, VALUE_POLICY, buf_span(&r->policy_text), e) < 0)
		return e->code;
	buf_addf(&time, "%lld", (long long)r->summary.ended);
	if (machine_name(&host, e) < 0 ||
		store_value_set(r->store, VALUE_HOST, buf_span(&host), e) < 0)
		return e->code;
	return store_value_set(r->store, VALUE_LAST_CHECK, buf_span(&time), e);
}

static int record_check(struct run *r, struct err *e)
{
	struct tree_root approved;

	struct proof_setup setup = { r->store, r->found, r->approved, r->options.root };

	journal_init(&r->journal, r->store, r->summary.ended);
	r->compared = true;
	if (proofs_make(&r->proofs, &setup, r->proven, e) < 0)
		return e->code;
	r->journal.proofs = r->proofs;
	if (run_update_trees(r, &approved, e) < 0 || note_policy(r, e) < 0 ||
		decide_policy(&r->journal, &r->approved, &approved,
			r->listener ? r->listener->by : SPAN_NONE, e) < 0 ||
		journal_changes(&r->journal, r->found, &r->lens, r->summary.changes, e) < 0 ||
		miss_present(r, e) < 0 || journal_gaps(&r->journal, r->gaps, e) < 0 ||
		add_coverage(r, e) < 0 || set_values(r, e) < 0)
		return e->code;
	return store_commit(r->store, e);
}

/* A run that was stopped leaves nothing but this. Returns ERR_INTERRUPTED. */
static int note_interrupted(struct run *r, struct err *e)
{
	struct err why = *e;

	journal_init(&r->journal, r->store, clock_now());
	if (store_begin(r->store, e) < 0)
		return e->code;
	if (journal_note(&r->journal, "interrupted", "a scan was stopped before its end", e) < 0 ||
		store_commit(r->store, e) < 0) {
		store_rollback(r->store);
		return e->code;
	}
	*e = why;
	return why.code;
}

static int look_and_record(struct run *r, struct err *e)
{
	if (store_root_get(r->store, ROOT_CURRENT, &r->current, e) < 0 ||
		store_root_get(r->store, ROOT_APPROVED, &r->approved, e) < 0 ||
		look_back(r, e) < 0 || compare(r, e) < 0)
		return e->code;
	/* A part does not adopt the policy, and so would find the same at every check. */
	if (r->lens.before && run_is_whole(r) && disown_absent(r, &r->current, e) < 0)
		return e->code;
	return record_check(r, e);
}

/* One transaction from the first look at the tree: what is read needs no lock of its own. */
static int check(struct run *r, struct err *e)
{
	int rc;

	if (store_begin(r->store, e) < 0)
		return e->code;
	rc = look_and_record(r, e);
	if (rc < 0) {
		store_rollback(r->store);
		return rc == ERR_INTERRUPTED ? note_interrupted(r, e) : run_tell_unrecorded(r, rc);
	}
	if (journal_tell(&r->journal, r->listener, e) < 0)
		return e->code;
	return run_tidy(r, e);
}

int pipeline_check(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l, struct check_summary *ret, struct err *e)
{
	AUTO(run) r;

	run_init(&r, s, p, o, l);
	policy_print(p, &r.policy_text);
	if (pipeline_root_check(s, o->root, e) < 0 || check(&r, e) < 0)
		return e->code;
	*ret = r.summary;
	return 0;
}

/* ---- the first observation ---- */

struct build {
	struct run *run;
	struct tree_builder *builder;
};

static int build_begin(void *ctx, const struct kind *k, struct err *e)
{
	(void)ctx, (void)k, (void)e;
	return 0;
}

static int build_put(void *ctx, const struct observation *o, struct err *e)
{
	struct build *b = ctx;
	struct tree_entry entry = { o->key, o->shared, o->local };
	size_t id = (uint8_t)o->key.p[0];

	if (id < ARRAY_LEN(b->run->summary.entities))
		b->run->summary.entities[id]++;
	return tree_builder_add(b->builder, &entry, e);
}

/* Nothing is known, so nothing is as it was, and nothing may come late. */
static int build_same(void *ctx, struct span key, const struct record *stamp, struct err *e)
{
	(void)ctx, (void)key, (void)stamp;
	return err_set(e, ERR_FORMAT, "a sensor asked for stamps in a first observation");
}

static int build_put_late(void *ctx, const struct observation *o, struct err *e)
{
	return build_same(ctx, o->key, NULL, e);
}

static int build_gone_late(void *ctx, struct span key, struct err *e)
{
	return build_same(ctx, key, NULL, e);
}

static const struct observer build_observer = {
	.begin = build_begin,
	.put = build_put,
	.same = build_same,
	.put_late = build_put_late,
	.gone_late = build_gone_late,
	.end = build_begin,
};

static int build(struct run *r, struct err *e)
{
	AUTO_FREE(tree_builder) builder = tree_builder_new(r->store);
	struct build b = { r, builder };

	if (run_observe(r, &build_observer, &b, e) < 0)
		return e->code;
	return tree_builder_finish(builder, &r->summary.root, e);
}

static int add_decision(struct run *r, const struct tree_root *to, struct err *e)
{
	struct ledger_record rec = { .type = RECORD_DECISION };
	struct decision *d = &rec.decision;

	d->what = span_of("init");
	d->by = r->listener ? r->listener->by : SPAN_NONE;
	d->selection = span_of("everything");
	d->items = to->count;
	memcpy(d->from_root, r->approved.id, sizeof d->from_root);
	memcpy(d->to_root, to->id, sizeof d->to_root);
	return journal_add(&r->journal, &rec, e);
}

static int record_init(struct run *r, const struct tree_root *approved, struct err *e)
{
	if (standing_root_set(r->store, r->options.root, e) < 0)
		return e->code;
	journal_init(&r->journal, r->store, r->summary.ended);
	if (store_root_set(r->store, ROOT_CURRENT, &r->summary.root, e) < 0 ||
		store_root_set(r->store, ROOT_APPROVED, approved, e) < 0 ||
		add_decision(r, approved, e) < 0)
		return e->code;
	/* What was approved before is no finding any more, and so excuses nothing. */
	r->approved = *approved;
	if (journal_changes(&r->journal, r->found, &r->lens, r->summary.changes, e) < 0 ||
		miss_present(r, e) < 0 || journal_gaps(&r->journal, r->gaps, e) < 0 ||
		add_coverage(r, e) < 0 || set_values(r, e) < 0)
		return e->code;
	return store_commit(r->store, e);
}

static int approve_all(struct run *r, struct err *e)
{
	struct tree_root approved;

	if (build(r, e) < 0 || disown_absent(r, &r->summary.root, e) < 0 ||
		edits_apply(r->adopted, r->store, &r->summary.root, &approved, e) < 0)
		return e->code;
	return record_init(r, &approved, e);
}

static int init(struct run *r, bool replace, struct err *e)
{
	uint64_t dropped;
	int rc = store_root_get(r->store, ROOT_APPROVED, &r->approved, e);

	if (rc == 0 && !replace)
		return err_set(e, ERR_EXISTS, "there is a baseline already");
	if (rc < 0 && rc != ERR_MISSING)
		return rc;
	if (!run_is_whole(r))
		return err_set(e, ERR_USAGE, "a baseline is made of everything the policy selects");
	replace = rc == 0;
	/* What is damaged is evidence: it is not replaced without a word. */
	if (replace && store_verify(r->store, e) < 0)
		return e->code;
	r->options.trust_stamps = false;
	if (store_begin(r->store, e) < 0)
		return e->code;
	rc = approve_all(r, e);
	if (rc < 0) {
		store_rollback(r->store);
		return rc == ERR_INTERRUPTED ? note_interrupted(r, e) : rc;
	}
	if (journal_tell(&r->journal, r->listener, e) < 0)
		return e->code;
	return replace ? store_collect(r->store, &dropped, e) : 0;
}

int pipeline_init(struct store *s, const struct policy *p, const struct scan_options *o,
	bool replace, const struct check_listener *l, struct check_summary *ret, struct err *e)
{
	AUTO(run) r;

	run_init(&r, s, p, o, l);
	policy_print(p, &r.policy_text);
	if (init(&r, replace, e) < 0)
		return e->code;
	*ret = r.summary;
	return 0;
}
