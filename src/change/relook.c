/* The path of a change somebody told of: look at exactly that, compare, explain, record, tell. What
 * can take long, the looking, is done before the store is locked. */
#include "change/relook.h"

#include "change/guard.h"
#include "change/keys.h"
#include "change/proof.h"
#include "change/rename.h"
#include "change/sighting.h"
#include "change/standing.h"
#include "entity/file.h"
#include "os/clock.h"

#define TRIES 3       /* the last one looks with the store locked */
#define TIDY_AFTER 64 /* looks that moved something */

static void relook_init(struct relook *l, struct store *s, const struct policy *p,
	const struct scan_options *o, const struct check_listener *listener)
{
	*l = (struct relook){ .memory = o->memory };
	run_init(&l->run, s, p, o, listener);
	l->run.options.below = NULL;
	l->run.options.points = NULL;
	l->run.options.n_below = l->run.options.n_points = 0;
	l->run.options.kind = NULL;
	l->run.options.kinds = 0;
	l->run.options.trust_stamps = false;
	l->run.options.kept = NULL;
	if (l->memory) {
		look_memory_use(l->memory, p);
		l->run.options.kept = &l->memory->kept;
		l->run.guard = &l->memory->guard;
		l->run.ahead = l->memory->ahead;
		l->policy_text = buf_span(&l->memory->policy_text);
	} else {
		policy_print(p, &l->run.policy_text);
		l->policy_text = buf_span(&l->run.policy_text);
	}
	look_unread_forget(l->memory);
	l->arena = arena_new();
	l->scratch = BUF_INIT(BUF_MAX_DEFAULT);
}

static void relook_done(struct relook *l)
{
	pile_freep(&l->seen);
	arena_freep(&l->arena);
	buf_done(&l->scratch);
	run_done(&l->run);
}

/* ---- observe ---- */

static int keep(void *ctx, const struct observation *o, struct err *e)
{
	struct relook *l = ctx;

	if (o->unknown && look_unread_note(l, o, e) < 0)
		return e->code;
	return sighting_put(l->seen, o, &l->scratch, e);
}

static int note_kind(void *ctx, const struct kind *k, struct err *e)
{
	struct relook *l = ctx;

	(void)e;
	l->observed |= UINT64_C(1) << k->id;
	return 0;
}

static int ignore_kind(void *ctx, const struct kind *k, struct err *e)
{
	(void)ctx, (void)k, (void)e;
	return 0;
}

/* Stamps are not trusted, so nothing may be as it was. */
static int no_stamps(void *ctx, struct span key, const struct record *stamp, struct err *e)
{
	(void)ctx, (void)key, (void)stamp;
	return err_set(e, ERR_FORMAT, "a sensor asked for stamps where it must look");
}

static int ignore_gone(void *ctx, struct span key, struct err *e)
{
	(void)ctx, (void)key, (void)e;
	return 0;
}

static int hear_point(void *ctx, struct span key, enum point_now now, struct err *e)
{
	struct relook *l = ctx;
	struct target *t = &l->plan.target[(uint8_t)key.p[0]];

	(void)e;
	key_list_add(now == POINT_DEEP ? &t->deep : &t->hollow, l->arena, key);
	return 0;
}

static const struct observer keeper = {
	.begin = note_kind,
	.put = keep,
	.same = no_stamps,
	.put_late = keep,
	.gone_late = ignore_gone,
	.point = hear_point,
	.end = ignore_kind,
};

static int observe_with(struct relook *l, const struct scan_options *o, struct err *e)
{
	struct scan_options all = l->run.options;
	uint64_t bytes = l->run.summary.bytes, files = l->run.summary.files_read;
	int rc;

	l->run.options = *o;
	l->run.summary.bytes = l->run.summary.files_read = 0;
	rc = run_observe(&l->run, &keeper, l, e);
	l->run.options = all;
	l->run.summary.bytes += bytes;
	l->run.summary.files_read += files;
	return rc;
}

/* A link that rules follow has a folder behind it: all of that is below it. */
static int observe_deep(struct relook *l, struct target *t, struct err *e)
{
	struct scan_options o = l->run.options;
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct span *below = arena_get(l->arena, (t->n_below + t->deep.n) * sizeof *below);
	const struct kind *k;

	for (size_t i = 0; i < t->deep.n; i++) {
		if (stored_key_text(t->deep.key[i], &k, &text, e) < 0)
			return e->code;
		below[i] = arena_copy(l->arena, buf_span(&text));
	}
	o.kind = t->kind;
	o.below = below;
	o.n_below = t->deep.n;
	if (observe_with(l, &o, e) < 0)
		return e->code;
	if (t->n_below)
		memcpy(below + t->deep.n, t->below, t->n_below * sizeof *below);
	t->below = below;
	t->n_below += t->deep.n;
	return 0;
}

static int observe_target(struct relook *l, struct target *t, struct err *e)
{
	struct scan_options o = l->run.options;

	o.kind = t->kind;
	if (t->n_below) {
		o.below = t->below;
		o.n_below = t->n_below;
		if (observe_with(l, &o, e) < 0)
			return e->code;
	}
	o.below = NULL;
	o.n_below = 0;
	if (t->n_points) {
		o.points = t->points;
		o.n_points = t->n_points;
		if (observe_with(l, &o, e) < 0)
			return e->code;
	}
	return t->deep.n ? observe_deep(l, t, e) : 0;
}

static int observe_all(struct relook *l, struct err *e)
{
	struct scan_options o = l->run.options;

	l->seen = pile_new(l->run.store);
	for (size_t id = 0; id < KIND_IDS; id++)
		if (l->plan.target[id].kind && observe_target(l, &l->plan.target[id], e) < 0)
			return e->code;
	o.kinds = l->plan.flat;
	return o.kinds ? observe_with(l, &o, e) : 0;
}

/* ---- compare ---- */

struct replay {
	struct relook *look;
	struct compare *compare;
	struct scan_options options; /* what of the kind at hand was looked at */
	unsigned next;               /* kinds below this id were begun */
	const struct kind *kind;     /* begun, and not ended; NULL: none */
};

static int end_kind(struct replay *r, struct err *e)
{
	const struct kind *k = r->kind;
	const struct key_list *hollow;

	if (!k)
		return 0;
	r->kind = NULL;
	if (compare_observer.end(r->compare, k, e) < 0)
		return e->code;
	hollow = &r->look->plan.target[k->id].hollow;
	for (size_t i = 0; i < hollow->n; i++)
		if (compare_hollow(r->compare, hollow->key[i], e) < 0)
			return e->code;
	return 0;
}

/* Begin the kinds up to this id. */
static int advance(struct replay *r, unsigned id, struct err *e)
{
	for (; r->next <= id && r->next < KIND_IDS; r->next++) {
		const struct target *t = &r->look->plan.target[r->next];
		const struct kind *k = t->kind;

		if (!k && r->look->plan.flat >> r->next & 1)
			k = kind_by_id((uint8_t)r->next);
		/* What no sensor looks at here is not gone by that. */
		if (!k || !(r->look->observed >> r->next & 1))
			continue;
		if (end_kind(r, e) < 0)
			return e->code;
		plan_options(t, &r->options);
		r->kind = k;
		if (compare_observer.begin(r->compare, k, e) < 0)
			return e->code;
	}
	return 0;
}

static int replay_one(void *ctx, struct span key, struct span value, struct err *e)
{
	struct replay *r = ctx;
	struct observation o;

	if (advance(r, (uint8_t)key.p[0], e) < 0 || sighting_read(key, value, &o, e) < 0)
		return e->code;
	return compare_observer.put(r->compare, &o, e);
}

static int compare_seen(struct relook *l, struct err *e)
{
	AUTO_FREE(compare) c = NULL;
	struct run *r = &l->run;
	struct replay replay = { .look = l, .options = r->options };
	struct compare_setup setup = { .store = r->store,
		.current = r->current,
		.approved = r->approved,
		.lens = r->lens,
		.options = &replay.options,
		.gaps = r->gaps,
		.found = r->found,
		.adopted = r->adopted,
		.summary = &r->summary };

	if (compare_open(&c, &setup, e) < 0)
		return e->code;
	replay.compare = c;
	if (pile_each(l->seen, replay_one, &replay, e) < 0 || advance(&replay, KIND_IDS, e) < 0 ||
		end_kind(&replay, e) < 0)
		return e->code;
	return found_settle(r->found, r->store, &r->current, &r->lens, e);
}

/* ---- record ---- */

/* What is only shown (a pid, a counter) is not worth a transaction by itself. */
static int is_idle(const struct finding *x, struct err *e)
{
	struct record was = { 0 }, is = { 0 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	if (x->type != FOUND_QUIET || !x->was.known || !x->is.known ||
		!span_same(x->was.shared, x->is.shared))
		return 0;
	if (stored_key_text(x->key, &was.kind, &text, e) < 0)
		return e->code;
	is.kind = was.kind;
	if (record_decode(x->was.shared, x->was.local, &was, e) < 0 ||
		record_decode(x->is.shared, x->is.local, &is, e) < 0)
		return e->code;
	return !(record_diff(&was, &is) & ~kind_fields_with(was.kind, FIELD_VOLATILE));
}

/* 1: something is to be recorded. */
static int differs(struct relook *l, struct err *e)
{
	struct finding x;
	int rc, idle = 1;

	if (look_gaps_new(l, e) < 0)
		return e->code;
	if (l->new_gaps)
		return 1;
	found_rewind(l->run.found);
	while (idle > 0 && (rc = found_next(l->run.found, &x, e)) != 0) {
		idle = rc < 0 ? rc : is_idle(&x, e);
		if (idle < 0)
			return idle;
	}
	return !idle;
}

static int record(struct relook *l, struct err *e)
{
	struct run *r = &l->run;
	struct proof_setup setup = { r->store, r->found, r->approved, r->options.root };
	struct tree_root approved;

	journal_init(&r->journal, r->store, r->summary.ended);
	r->compared = true;
	r->journal.plan = &l->plan;
	r->journal.cards.memory = l->memory ? &l->memory->cards : NULL;
	if (proofs_make(&r->proofs, &setup, r->proven, e) < 0)
		return e->code;
	r->journal.proofs = r->proofs;
	if (run_update_trees(r, &approved, e) < 0 ||
		journal_changes(&r->journal, r->found, &r->lens, r->summary.changes, e) < 0 ||
		look_gaps_record(l, e) < 0 ||
		(l->new_gaps && standing_gaps_set(r->store, l->new_gaps, false, e) < 0))
		return e->code;
	return store_commit(r->store, e);
}

/* What is stored now without a record. */
static int tell_unsaid(struct relook *l, struct err *e)
{
	const struct check_listener *to = l->run.listener;
	const struct kind *k;
	struct finding x;
	int rc;

	if (!to || !to->unsaid)
		return 0;
	found_rewind(l->run.found);
	while ((rc = found_next(l->run.found, &x, e)) > 0) {
		struct record is = { .kind = &kind_file };

		if ((x.type != FOUND_QUIET && x.type != FOUND_FOLDED) || !x.is.known ||
			(uint8_t)x.key.p[0] != kind_file.id)
			continue;
		buf_clear(&l->scratch);
		if (stored_key_text(x.key, &k, &l->scratch, e) < 0 ||
			record_decode(x.is.shared, x.is.local, &is, e) < 0)
			return e->code;
		is.key = buf_span(&l->scratch);
		to->unsaid(to->ctx, &is);
	}
	return rc;
}

/* The store is locked, and nobody wrote since we looked. */
static int compare_and_record(struct relook *l, struct err *e)
{
	struct run *r = &l->run;
	int rc;

	if (store_root_get(r->store, ROOT_CURRENT, &r->current, e) < 0 ||
		store_root_get(r->store, ROOT_APPROVED, &r->approved, e) < 0)
		return e->code;
	r->summary.root = r->current;
	if (compare_seen(l, e) < 0)
		return e->code;
	rc = differs(l, e);
	if (rc <= 0) {
		store_rollback(r->store);
		return rc;
	}
	l->moved = true;
	return look_late(l, e) < 0 ? e->code : record(l, e);
}

/* ---- all of it ---- */

/* The policy is the one of the last whole check, and there was one. */
static int same_policy(struct relook *l, struct err *e)
{
	AUTO(buf) before = BUF_INIT(BUF_MAX_DEFAULT);
	int rc = store_value_get(l->run.store, VALUE_POLICY, &before, e);

	if (rc < 0 || span_same(buf_span(&before), l->policy_text))
		return rc < 0 ? rc : 0;
	return err_set(e, ERR_CHANGED, "the policy is another one than at the last check");
}

/* Forget what was looked at: it is older than what somebody else recorded meanwhile. */
static void begin_anew(struct relook *l)
{
	struct run *r = &l->run;
	int64_t started = r->summary.started;

	look_unread_forget(l->memory);
	pile_freep(&l->seen);
	gaps_freep(&r->gaps);
	r->gaps = gaps_new(r->store);
	r->summary = (struct check_summary){ .started = started };
	plan_forget(&l->plan);
}

/* 1: the store is locked, and what was observed is newer than all that is recorded; 0: try again.
 */
static int observe_and_lock(struct relook *l, bool locked, struct err *e)
{
	uint64_t before, after;
	uint8_t head[DIGEST_BYTES];

	if ((locked && store_begin(l->run.store, e) < 0) || same_policy(l, e) < 0 ||
		ledger_last(l->run.store, &before, head, e) < 0 || observe_all(l, e) < 0 ||
		(!locked && store_begin(l->run.store, e) < 0) ||
		ledger_last(l->run.store, &after, head, e) < 0)
		return e->code;
	if (before == after)
		return 1;
	store_rollback(l->run.store);
	begin_anew(l);
	return 0;
}

static int look(struct relook *l, struct err *e)
{
	int rc = 0;

	for (unsigned tried = 1; rc == 0; tried++)
		rc = observe_and_lock(l, tried == TRIES, e);
	if (rc > 0)
		rc = compare_and_record(l, e);
	if (rc >= 0)
		return rc;
	store_rollback(l->run.store);
	return rc == ERR_INTERRUPTED ? rc : run_tell_unrecorded(&l->run, rc);
}

/* A few nodes that no tree reaches are left to a later look. */
static int tidy(struct relook *l, struct err *e)
{
	int rc;

	if (l->memory && ++l->memory->moved < TIDY_AFTER)
		return 0;
	if (l->memory)
		l->memory->moved = 0;
	rc = run_tidy(&l->run, e);
	return rc == ERR_LOCKED ? 0 : rc;
}

/* ---- one kind, by the side ---- */

bool look_goes_on_ahead(struct look_memory *m, const struct kind *k)
{
	struct guard *late = m->guard;

	if (!guard_goes_on(late, k) || guard_goes_on(m->ahead, NULL))
		return false;
	m->guard = m->ahead; /* it has rest, and is ready for the next look */
	m->ahead = late;
	return true;
}

int look_ahead(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct kind *k, struct err *e)
{
	AUTO(relook) l;
	struct run *r = &l.run;
	struct scan scan;
	int rc;

	relook_init(&l, s, p, o, NULL);
	if (secret_load(s, r->secret, e) < 0)
		return e->code;
	r->options.secret = r->secret;
	scan = (struct scan){ .store = s,
		.options = &r->options,
		.policy = p,
		.summary = &r->summary,
		.gaps = r->gaps };
	scan_init(&scan);
	l.memory->ahead = guard_kept(l.memory->ahead, &scan);
	rc = guard_ahead(l.memory->ahead, k, e);
	if (rc < 0)
		guard_rest(l.memory->ahead);
	scan_done(&scan);
	return rc;
}

enum ahead look_ahead_state(struct look_memory *m)
{
	return m->ahead ? guard_ahead_state(m->ahead) : AHEAD_NONE;
}

void look_ahead_drop(struct look_memory *m)
{
	guard_freep(&m->ahead);
}

const struct kind *look_slow(struct look_memory *m)
{
	return guard_late(m->guard);
}

bool look_was_stopped(struct look_memory *m)
{
	bool one = guard_was_stopped(m->guard), other = guard_was_stopped(m->ahead);

	bool crew = m->kept.stopped;

	m->kept.stopped = false;
	return one || other || crew;
}

int pipeline_look(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct look_again *looks, size_t n, const struct check_listener *listener,
	struct check_summary *ret, struct err *e)
{
	AUTO(relook) l;

	relook_init(&l, s, p, o, listener);
	if (pipeline_root_check(s, o->root, e) < 0 ||
		plan_make(&l.plan, l.arena, looks, n, e) < 0 || look(&l, e) < 0)
		return e->code;
	*ret = l.run.summary;
	if (!l.moved)
		return 0;
	look_gaps_remember(&l);
	if (journal_tell(&l.run.journal, listener, e) < 0 || tell_unsaid(&l, e) < 0)
		return e->code;
	return tidy(&l, e);
}
