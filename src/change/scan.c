/* The doors a sensor knocks at (sensor/sensor.h). */
#include "change/scan.h"

#include <stdlib.h>

#include "change/below.h"
#include "change/guard.h"
#include "change/sighting.h"
#include "entity/key.h"
#include "host/host.h"
#include "os/clock.h"

#define TICK_NS INT64_C(100000000)
#define TICK_ENTITIES 64 /* how many go by between two looks at the clock */

void scan_init(struct scan *s)
{
	if (!s->sensors)
		s->sensors = sensors;
	s->arena = arena_new();
	s->key = s->shared = s->local = s->value = s->last = BUF_INIT(BUF_MAX_DEFAULT);
	s->selector = policy_selector(s->policy);
	s->ticked = clock_monotonic();
	atomic_init(&s->failed, false);
}

void scan_done(struct scan *s)
{
	pile_freep(&s->emitted);
	arena_freep(&s->arena);
	buf_done(&s->key);
	buf_done(&s->shared);
	buf_done(&s->local);
	buf_done(&s->value);
	buf_done(&s->last);
	if (s->guard && s->kept)
		guard_rest(s->guard);
	else
		guard_freep(&s->guard);
	host_freep(&s->host);
}

static bool failed(const struct scan *s)
{
	return atomic_load_explicit(&s->failed, memory_order_relaxed);
}

static void fail(struct scan *s)
{
	atomic_store_explicit(&s->failed, true, memory_order_relaxed);
}

static bool asked_to_stop(const struct scan *s)
{
	const struct check_listener *l = s->listener;

	return l && l->stop && l->stop(l->ctx);
}

void scan_tick(struct scan *s)
{
	const struct check_listener *l = s->listener;
	uint64_t n = 0;
	int64_t now;

	if (s->until_tick-- > 0)
		return;
	s->until_tick = TICK_ENTITIES;
	now = clock_monotonic();
	if (now - s->ticked < TICK_NS)
		return;
	s->ticked = now;
	for (size_t i = 0; i < ARRAY_LEN(s->summary->entities); i++)
		n += s->summary->entities[i];
	if (l && l->progress)
		l->progress(l->ctx, n, s->summary->bytes, s->expected);
	if (asked_to_stop(s)) {
		err_set(&s->err, ERR_INTERRUPTED, "interrupted");
		fail(s);
	}
}

/* Keys must ascend: the merge relies on it, and a key that came twice would be two entities. */
static int in_order(struct scan *s, struct span key)
{
	if (s->last.n && span_compare(key, buf_span(&s->last)) <= 0)
		return err_set(&s->err, ERR_FORMAT,
			"the sensor of kind '%s' left the order of keys", s->kind->name);
	if (key.n < 1 || (uint8_t)key.p[0] != s->kind->id)
		return err_set(&s->err, ERR_FORMAT,
			"the sensor of kind '%s' delivered a foreign key", s->kind->name);
	buf_clear(&s->last);
	buf_add_span(&s->last, key);
	return 0;
}

const struct scan_options *scan_options(const struct scan *s)
{
	return s->options;
}

const struct selector *scan_selector(const struct scan *s)
{
	return &s->selector;
}

struct arena *scan_arena(struct scan *s)
{
	return s->arena;
}

void scan_alive(struct scan *s)
{
	if (s->outlet)
		outlet_alive(s->outlet);
}

bool scan_stopped(const struct scan *s)
{
	return failed(s) || asked_to_stop(s);
}

void scan_put(struct scan *s, const struct observation *o)
{
	if (failed(s))
		return;
	if (in_order(s, o->key) < 0 || s->observer->put(s->ctx, o, &s->err) < 0)
		fail(s);
	else
		scan_tick(s);
}

bool scan_same(struct scan *s, struct span key, const struct record *stamp)
{
	int r;

	if (failed(s))
		return true;
	r = in_order(s, key);
	if (r == 0)
		r = s->observer->same(s->ctx, key, stamp, &s->err);
	if (r < 0)
		fail(s);
	else
		scan_tick(s);
	return r != 0;
}

void scan_put_late(struct scan *s, const struct observation *o)
{
	if (failed(s))
		return;
	if (s->observer->put_late(s->ctx, o, &s->err) < 0)
		fail(s);
	else
		scan_tick(s);
}

void scan_gone_late(struct scan *s, struct span key)
{
	if (!failed(s) && s->observer->gone_late(s->ctx, key, &s->err) < 0)
		fail(s);
}

void scan_point(struct scan *s, struct span key, enum point_now now)
{
	if (!failed(s) && s->observer->point && s->observer->point(s->ctx, key, now, &s->err) < 0)
		fail(s);
}

void scan_gap(struct scan *s, const struct gap *g)
{
	if (s->outlet) {
		outlet_gap(s->outlet, g);
		return;
	}
	if (!failed(s) && gaps_add(s->gaps, g, &s->err) < 0)
		fail(s);
}

void scan_progress(struct scan *s, uint64_t bytes, uint64_t files_read)
{
	s->summary->bytes = bytes;
	s->summary->files_read = files_read;
	if (!failed(s))
		scan_tick(s);
}

static int stage_entity(struct scan *s, const struct observation *o)
{
	if (!s->emitted)
		s->emitted = pile_new(s->store);
	return sighting_put(s->emitted, o, &s->value, &s->err);
}

void scan_stage(struct scan *s, const struct observation *o)
{
	if (!failed(s) && stage_entity(s, o) < 0)
		fail(s);
}

/* Hierarchical kinds are selected on the way to them. */
static bool is_selected(struct scan *s, const struct record *r)
{
	struct selection sel;

	return r->kind->hierarchical ||
	       (s->selector.flat(s->selector.policy, r->kind, r->key, &sel) &&
		       s->selector.settle(&sel, r));
}

static int emit(struct scan *s, const struct record *r, uint64_t unknown)
{
	struct observation o = { .unknown = unknown };

	buf_clear(&s->key);
	buf_clear(&s->shared);
	buf_clear(&s->local);
	if (key_from_text(r->kind, r->key, &s->key, &s->err) < 0)
		return s->err.code;
	record_encode_shared(r, &s->shared);
	record_encode_local(r, &s->local);
	if (s->key.full || s->shared.full || s->local.full)
		return err_set(&s->err, ERR_LIMIT, "an entity of more than %zu bytes",
			s->shared.max);
	o.key = buf_span(&s->key);
	o.shared = buf_span(&s->shared);
	o.local = buf_span(&s->local);
	if (!s->outlet)
		return stage_entity(s, &o);
	outlet_entity(s->outlet, &o);
	return 0;
}

void scan_emit(struct scan *s, const struct record *r)
{
	scan_emit_part(s, r, 0);
}

void scan_emit_part(struct scan *s, const struct record *r, uint64_t unknown)
{
	if (!failed(s) && is_selected(s, r) && emit(s, r, unknown) < 0)
		fail(s);
}

uint64_t scan_asks(struct scan *s, const struct kind *k, struct span key)
{
	struct selection sel;

	return s->selector.flat(s->selector.policy, k, key, &sel) ? sel.fields | FIELDS_EXISTENCE
								  : 0;
}

uint64_t scan_asks_of(struct scan *s, const struct record *r, uint64_t later)
{
	struct selection sel;

	if (!s->selector.flat(s->selector.policy, r->kind, r->key, &sel))
		return 0;
	if (!(sel.tested & later) && !s->selector.settle(&sel, r))
		return 0;
	return sel.fields | FIELDS_EXISTENCE;
}

uint64_t scan_asks_kind(struct scan *s, const struct kind *k)
{
	return s->selector.fields(s->selector.policy, k);
}

struct host *scan_host(struct scan *s)
{
	struct host_options o = { .root = s->options->root, .secret = s->options->secret };
	struct err e;

	/* The pipeline opened the root before: it is there, or was a moment ago. */
	if (!s->host && host_open(&s->host, &o, &e) < 0)
		abort();
	return s->host;
}

static int deliver(void *ctx, struct span key, struct span value, struct err *e)
{
	struct scan *s = ctx;
	struct observation o;

	if (sighting_read(key, value, &o, e) < 0)
		return e->code;
	scan_put(s, &o);
	return failed(s) ? ERR_INTERRUPTED : 0;
}

static int run_sensor(struct scan *s, const struct sensor *sensor, struct err *e)
{
	int r = sensor->scan(s, e);

	/* What failed behind the doors came first: the sensor only stopped because of it. */
	if (failed(s)) {
		*e = s->err;
		return e->code;
	}
	if (asked_to_stop(s))
		return err_set(e, ERR_INTERRUPTED, "interrupted");
	return r;
}

bool scan_sorted(const struct scan *s, const struct kind *k)
{
	for (const struct sensor *const *p = s->sensors; *p; p++)
		if ((*p)->kind == k && (*p)->sorted)
			return true;
	return false;
}

bool scan_runs(const struct scan *s, const struct sensor *sensor)
{
	return !(sensor->needs & NEED_LIVE) || !s->options->root;
}

bool scan_parts(const struct sensor *const *all, const struct kind *k)
{
	for (const struct sensor *const *p = all; *p; p++)
		if ((*p)->kind == k && !(*p)->parts)
			return false;
	return !k->hierarchical;
}

bool scan_wants(const struct scan *s, const struct kind *k)
{
	const struct scan_options *o = s->options;
	bool has = false;

	for (const struct sensor *const *p = s->sensors; *p; p++)
		has = has || ((*p)->kind == k && scan_runs(s, *p));
	if (o->kinds && !(o->kinds >> k->id & 1))
		return false;
	/* Paths say nothing about kinds whose keys are no paths, unless they are beginnings of
	 * keys of this very kind. */
	return has && (!o->kind || o->kind == k) &&
	       (below_any(o, k) || (o->kind == k && scan_parts(s->sensors, k)));
}

static int run_sorted(struct scan *s, const struct kind *k, struct err *e)
{
	for (const struct sensor *const *p = s->sensors; *p; p++)
		if ((*p)->kind == k && run_sensor(s, *p, e) < 0)
			return e->code;
	return 0;
}

/* What failed behind the doors came first. */
static int failed_behind(const struct scan *s, int rc, struct err *e)
{
	if (failed(s))
		*e = s->err;
	return failed(s) ? e->code : rc;
}

static int run_guarded(struct scan *s, const struct kind *k, struct err *e)
{
	int rc;

	if (guard_adopt(s->ahead, k, s)) {
		rc = guard_kind(s->ahead, k, e);
		guard_rest(s->ahead);
		return failed_behind(s, rc, e);
	}
	if (!s->guard && s->kept)
		s->guard = *s->kept = guard_kept(*s->kept, s);
	else if (!s->guard)
		s->guard = guard_new(s);
	rc = guard_kind(s->guard, k, e);
	return failed_behind(s, rc, e);
}

/* What no rule asks for is not looked at, and so has no gaps. */
static int observe_kind(struct scan *s, const struct kind *k, struct err *e)
{
	if (scan_sorted(s, k))
		return run_sorted(s, k, e);
	return scan_asks_kind(s, k) ? run_guarded(s, k, e) : 0;
}

static int run_kind(struct scan *s, const struct kind *k, struct err *e)
{
	buf_clear(&s->last);
	s->kind = k;
	if (s->observer->begin(s->ctx, k, e) < 0 || observe_kind(s, k, e) < 0)
		return e->code;
	if (s->emitted && pile_each(s->emitted, deliver, s, e) != 0) {
		if (failed(s))
			*e = s->err;
		return e->code;
	}
	pile_freep(&s->emitted);
	arena_clear(s->arena);
	return s->observer->end(s->ctx, k, e);
}

int scan_run(struct scan *s, struct err *e)
{
	for (unsigned id = 0; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);

		if (k && scan_wants(s, k) && run_kind(s, k, e) < 0)
			return e->code;
	}
	return 0;
}
