/* Observe and compare beside whoever records: nothing is written, and no lock is held. */
#include "change/compare.h"
#include "change/keys.h"
#include "change/secret.h"
#include "os/clock.h"

struct survey {
	struct store *store;
	const struct policy *policy;
	struct scan_options options;
	const struct survey_listener *listener;
	struct reread *reread; /* NULL: nothing is read again */
	struct check_summary summary;
	struct gaps *gaps;
	struct found *found;
	struct edits *adopted; /* nothing: there is but one policy */
	struct compare *compare;
	uint8_t secret[SECRET_SIZE];
};

static void survey_done(struct survey *v)
{
	compare_close(v->compare);
	gaps_free(v->gaps);
	found_free(v->found);
	edits_free(v->adopted);
	store_rollback(v->store);
}

/* ---- what is read although its stamps are the same ---- */

/* 1: this one's turn has come. */
static int is_due(struct survey *v, struct span key)
{
	struct reread *r = v->reread;

	if (!r || r->done >= r->most || span_compare(key, r->after) <= 0)
		return 0;
	if (++r->done == r->most)
		buf_add_span(&r->last, key);
	return 1;
}

static int survey_begin(void *ctx, const struct kind *k, struct err *e)
{
	struct survey *v = ctx;

	return compare_observer.begin(v->compare, k, e);
}

static int survey_put(void *ctx, const struct observation *o, struct err *e)
{
	struct survey *v = ctx;

	return compare_observer.put(v->compare, o, e);
}

static int survey_same(void *ctx, struct span key, const struct record *stamp, struct err *e)
{
	struct survey *v = ctx;
	int r = compare_observer.same(v->compare, key, stamp, e);

	return r > 0 && is_due(v, key) ? 0 : r;
}

static int survey_put_late(void *ctx, const struct observation *o, struct err *e)
{
	struct survey *v = ctx;

	return compare_observer.put_late(v->compare, o, e);
}

static int survey_gone_late(void *ctx, struct span key, struct err *e)
{
	struct survey *v = ctx;

	return compare_observer.gone_late(v->compare, key, e);
}

static int survey_end(void *ctx, const struct kind *k, struct err *e)
{
	struct survey *v = ctx;

	return compare_observer.end(v->compare, k, e);
}

static const struct observer survey_observer = {
	.begin = survey_begin,
	.put = survey_put,
	.same = survey_same,
	.put_late = survey_put_late,
	.gone_late = survey_gone_late,
	.end = survey_end,
};

/* ---- the whole ---- */

static int observe(struct survey *v, struct err *e)
{
	struct scan scan = { .store = v->store,
		.options = &v->options,
		.policy = v->policy,
		.observer = &survey_observer,
		.ctx = v,
		.listener = &v->listener->base,
		.summary = &v->summary,
		.gaps = v->gaps };
	int rc;

	scan_init(&scan);
	rc = scan_run(&scan, e);
	scan_done(&scan);
	v->summary.ended = clock_end(v->summary.started);
	v->summary.gaps = gaps_count(v->gaps);
	return rc;
}

static int compare(struct survey *v, struct err *e)
{
	struct compare_setup setup = { .store = v->store,
		.lens = { .now = v->policy },
		.options = &v->options,
		.gaps = v->gaps,
		.found = v->found,
		.adopted = v->adopted,
		.summary = &v->summary };

	if (store_begin(v->store, e) < 0 ||
		store_root_get(v->store, ROOT_CURRENT, &setup.current, e) < 0 ||
		store_root_get(v->store, ROOT_APPROVED, &setup.approved, e) < 0 ||
		compare_open(&v->compare, &setup, e) < 0)
		return e->code;
	return observe(v, e);
}

/* A flat kind is looked at as a whole, so it is told once; what differs there in nothing that is
 * watched does so at every look. */
static int tell(struct survey *v, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *k, *told = NULL;
	struct finding x;
	int rc;

	found_rewind(v->found);
	while ((rc = found_next(v->found, &x, e)) > 0) {
		if (stored_key_text(x.key, &k, &text, e) < 0)
			return e->code;
		if (!k->hierarchical && (k == told || x.type == FOUND_QUIET))
			continue;
		told = k;
		rc = v->listener->differs(v->listener->ctx, k,
			k->hierarchical ? buf_span(&text) : SPAN_NONE, e);
		if (rc != 0)
			return rc;
		v->summary.changes[CHANGE_UPDATED]++; /* which way is for the look to say */
	}
	if (rc < 0 || !v->listener->gap)
		return rc;
	return gaps_each(v->gaps, v->listener->gap, v->listener->ctx, e);
}

int pipeline_survey(struct store *s, const struct policy *p, const struct scan_options *o,
	struct reread *reread, const struct survey_listener *l, struct check_summary *ret,
	struct err *e)
{
	AUTO(survey)
	v = { .store = s,
		.policy = p,
		.options = *o,
		.listener = l,
		.reread = reread,
		.gaps = gaps_new(s),
		.found = found_new(s),
		.adopted = edits_new(s) };

	v.summary.started = clock_now();
	if (secret_load(s, v.secret, e) < 0)
		return e->code;
	v.options.secret = v.secret;
	if (compare(&v, e) < 0 || tell(&v, e) < 0)
		return e->code;
	*ret = v.summary;
	return 0;
}
