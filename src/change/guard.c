#include "change/guard.h"

#include <stdlib.h>

#include "change/guard_process.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "entity/package.h"
#include "host/host.h"
#include "os/clock.h"
#include "store/stage.h"

#define READ_BYTES ((size_t)64 << 10)
#define TICK_MS 100
#define DEADLINE_MS 5000 /* for one operation, when the options do not say */
#define SILENCE 6        /* deadlines without a word from a sensor: it hangs */
#define STOPPED_MS 500   /* … and so long, when it is seen that it is stopped */
#define LOOKS_MAX 500    /* then a new one: what rooms leave behind does not pile up */

struct guard {
	struct scan *scan;           /* the one at hand; NULL: between scans */
	bool kept;                   /* asked for each kind, and there for the next scan as well */
	long owner;                  /* kept: whose child it is */
	char *root;                  /* kept: of the options it was started with */
	unsigned starts;             /* of processes, in all */
	unsigned looks;              /* kept: since it was started */
	bool begun;                  /* kept: of this scan it knows */
	bool asked;                  /* kept: and has not said yet that this was all */
	bool spoke;                  /* kept: since it was asked */
	const struct kind *ahead;    /* kept: observed before it is asked for; NULL: none is */
	bool complete;               /* … and all that will come of it is here, from … */
	bool ended;                  /* … as it said itself */
	bool adopted;                /* … and the scan at hand takes it */
	bool stale;                  /* ahead: begun before an earlier scan, and no use any more */
	size_t seen;                 /* … `in`, of which so much was looked through */
	const struct kind *late;     /* took longer than kind_ms; NULL: none did */
	bool stopped;                /* by a signal, and so ended by us */
	unsigned deadline_ms;        /* for one operation */
	struct guard_process *child; /* NULL: none */
	struct buf in;
	size_t at;     /* of in, used up */
	int64_t heard; /* when the child last said something */
};

static bool has_passed(int64_t since, int64_t ms)
{
	return clock_monotonic() - since > ms * INT64_C(1000000);
}

static bool is_silent(const struct guard *g)
{
	return has_passed(g->heard, (int64_t)g->deadline_ms * SILENCE);
}

static bool is_stopped(const struct guard *g)
{
	return g->child && has_passed(g->heard, STOPPED_MS) && guard_process_is_stopped(g->child);
}

static unsigned deadline_of(const struct scan *s)
{
	return s->options->deadline_ms ? s->options->deadline_ms : DEADLINE_MS;
}

struct guard *guard_new(struct scan *s)
{
	struct guard *g = mem_new(sizeof *g);

	g->scan = s;
	g->deadline_ms = deadline_of(s);
	g->in = BUF_INIT(FRAME_MAX + READ_BYTES + sizeof(uint32_t));
	return g;
}

static int start(struct guard *g, const struct kind *from, struct err *e)
{
	if (guard_process_start(&g->child, g->scan, from, g->kept, e) < 0)
		return e->code;
	g->starts++;
	g->looks = 0;
	g->heard = clock_monotonic();
	buf_clear(&g->in);
	g->at = 0;
	return 0;
}

/* How it had ended by itself, in words; NULL: nothing to say. */
static const char *stop(struct guard *g)
{
	const char *how = NULL;

	if (g->child)
		how = guard_process_end(g->child, g->scan ? g->scan->arena : NULL);
	g->child = NULL;
	g->asked = false;
	g->ahead = NULL;
	return how;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	/* A fork of its owner must leave it alone. */
	if (g->kept && g->owner != guard_process_owner())
		return;
	(void)stop(g);
	buf_done(&g->in);
	free(g->root);
	free(g);
}

void guard_freep(struct guard **g)
{
	guard_free(*g);
	*g = NULL;
}

static int take_gap(struct guard *g, struct cbor *c, struct err *e)
{
	uint64_t id, reason, sys;
	struct span text;
	struct gap gap = { 0 };

	if (cbor_get_uint(c, &id, e) < 0 || cbor_get_bytes(c, &gap.key, e) < 0 ||
		cbor_get_bool(c, &gap.subtree, e) < 0 || cbor_get_uint(c, &reason, e) < 0 ||
		cbor_get_uint(c, &sys, e) < 0 || cbor_get_bytes(c, &text, e) < 0)
		return e->code;
	gap.kind = id < KIND_IDS ? kind_by_id((uint8_t)id) : NULL;
	if (!gap.kind || reason >= GAP_N || sys > INT32_MAX)
		return err_set(e, ERR_FORMAT, "a gap of no kind");
	gap.reason = (enum gap_reason)reason;
	gap.sys = (int)sys;
	gap.text = arena_text(g->scan->arena, text);
	scan_gap(g->scan, &gap);
	return 0;
}

static int take_entity(struct guard *g, struct cbor *c, struct err *e)
{
	struct observation o;

	if (cbor_get_bytes(c, &o.key, e) < 0 || cbor_get_bytes(c, &o.shared, e) < 0 ||
		cbor_get_bytes(c, &o.local, e) < 0 || cbor_get_uint(c, &o.unknown, e) < 0)
		return e->code;
	scan_stage(g->scan, &o);
	return 0;
}

/* 1: that was the end of kind k. */
static int take(struct guard *g, struct span frame, const struct kind *k, struct err *e)
{
	struct cbor c = cbor_of(frame);
	uint64_t items, type, id;

	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &type, e) < 0)
		return e->code;
	switch (type) {
	case FRAME_ENTITY:
		return take_entity(g, &c, e);
	case FRAME_GAP:
		return take_gap(g, &c, e);
	case FRAME_END:
		if (cbor_get_uint(&c, &id, e) < 0)
			return e->code;
		return id == k->id;
	case FRAME_ALIVE:
		return 0;
	default:
		return err_set(e, ERR_FORMAT, "a frame of no kind");
	}
}

/* 1: *ret is the next whole frame, valid until more is read. */
static int next_frame(struct guard *g, struct span *ret)
{
	struct span rest = span_from_offset(buf_span(&g->in), g->at);
	uint32_t n;

	if (rest.n < sizeof n)
		return 0;
	memcpy(&n, rest.p, sizeof n);
	if (n > FRAME_MAX || rest.n - sizeof n < n)
		return 0;
	*ret = span_from(rest.p + sizeof n, n);
	g->at += sizeof n + n;
	return 1;
}

/* 1: something came; 0: nothing did within a tick; -1: nothing will any more. */
static int hear(struct guard *g, unsigned ms)
{
	char *room;
	int n;

	if (g->at && g->in.n > g->at)
		memmove(g->in.p, g->in.p + g->at, g->in.n - g->at);
	g->in.n -= g->at;
	g->at = 0;
	room = buf_room(&g->in, READ_BYTES);
	n = room ? guard_process_hear(g->child, room, READ_BYTES, ms) : -1;
	if (n <= 0)
		return n;
	g->in.n += (size_t)n;
	g->spoke = true;
	g->heard = clock_monotonic();
	return 1;
}

/* What is known of the kind stays, but for what was delivered. nonsense: what it said; NULL: it
 * said nothing of that sort. */
static void lose(struct guard *g, const struct kind *k, bool silent, const struct err *nonsense)
{
	struct gap gap = { .kind = k, .subtree = true, .reason = silent ? GAP_TIMEOUT : GAP_IO };
	const char *how = stop(g);

	if (nonsense)
		gap.text = arena_format(g->scan->arena, "the sensor spoke nonsense: %s",
			nonsense->text);
	else if (silent)
		gap.text = "did not answer";
	else if (how)
		gap.text = arena_format(g->scan->arena, "the sensor ended %s", how);
	else
		gap.text = "the sensor ended before it was done";
	scan_gap(g->scan, &gap);
}

/* ---- kept ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

struct guard *guard_kept(struct guard *old, struct scan *s)
{
	const char *root = s->options->root;
	struct guard *g = old;

	if (g && (g->owner != guard_process_owner() || !same_text(g->root, root)))
		guard_freep(&g);
	if (!g) {
		g = guard_new(s);
		g->kept = true;
		g->owner = guard_process_owner();
		g->root = root ? mem_text(root) : NULL;
	}
	g->scan = s;
	g->deadline_ms = deadline_of(s);
	g->begun = false;
	return g;
}

void guard_rest(struct guard *g)
{
	g->scan = NULL;
	if (g->ahead) /* it goes on, for a later scan */
		return;
	/* What it would say now is nobody's answer. */
	if (g->asked || g->looks >= LOOKS_MAX)
		(void)stop(g);
}

static int ask(struct guard *g, const struct kind *k, struct err *e)
{
	bool begins;

	if (g->child && guard_process_has_ended(g->child))
		(void)stop(g);
	if (!g->child && start(g, k, e) < 0)
		return e->code;
	begins = !g->begun;
	g->looks += begins;
	g->begun = g->asked = true;
	g->spoke = false;
	guard_process_ask(g->child, g->scan, k, begins);
	return 0;
}

/* One that was there before may have ended for what has nothing to do with this kind. */
static bool may_try_again(const struct guard *g, bool fresh)
{
	return g->kept && !fresh && !g->spoke;
}

static int begin(struct guard *g, const struct kind *k, bool *ret_fresh, struct err *e)
{
	unsigned before = g->starts;
	bool asked = guard_process_is_asked(g->kept);

	if (asked ? ask(g, k, e) < 0 : !g->child && start(g, k, e) < 0)
		return e->code;
	*ret_fresh = g->starts != before;
	g->heard = clock_monotonic();
	return 0;
}

/* ---- ahead of the scan that takes it ---- */

/* Nothing of what comes from now on is taken before all of it is there. */
static void gather(struct guard *g, const struct kind *k)
{
	g->ahead = k;
	g->complete = g->ended = g->adopted = g->stale = false;
	g->seen = g->at = 0;
	buf_clear(&g->in);
}

int guard_ahead(struct guard *g, const struct kind *k, struct err *e)
{
	bool fresh;

	if (begin(g, k, &fresh, e) < 0)
		return e->code;
	g->scan = NULL;
	gather(g, k);
	return 0;
}

bool guard_goes_on(const struct guard *g, const struct kind *k)
{
	return g && g->ahead && (!k || (g->ahead == k && !g->stale)) &&
	       g->owner == guard_process_owner();
}

/* The end of the kind is a frame that holds two numbers; what is no frame is told by take(). */
static bool is_end(struct span frame)
{
	struct cbor c = cbor_of(frame);
	uint64_t items, type;
	struct err e;

	return cbor_get_array(&c, &items, &e) < 0 || cbor_get_uint(&c, &type, &e) < 0 ||
	       type == FRAME_END;
}

static bool look_through(struct guard *g)
{
	size_t at = g->at;
	struct span frame;
	bool end = false;

	g->at = g->seen;
	while (!end && next_frame(g, &frame) > 0)
		end = is_end(frame);
	g->seen = g->at;
	g->at = at;
	return end;
}

/* Waits for so long at most where nothing comes. */
static enum ahead listen(struct guard *g, unsigned ms)
{
	int r = 1;

	if (!g->ahead)
		return AHEAD_NONE;
	while (!g->complete && r > 0) {
		g->complete = g->ended = look_through(g);
		r = g->complete ? 0 : hear(g, ms);
		/* It ended or hangs: who takes what came tells so. */
		if (r < 0 || (r == 0 && is_silent(g)))
			g->complete = true;
	}
	if (g->complete || !is_stopped(g))
		return g->complete ? AHEAD_COMPLETE : AHEAD_GOES_ON;
	g->stopped = true;
	(void)stop(g);
	return AHEAD_NONE;
}

enum ahead guard_ahead_state(struct guard *g)
{
	return listen(g, 0);
}

bool guard_adopt(struct guard *g, const struct kind *k, struct scan *s)
{
	if (!g || g->ahead != k || !g->complete || g->owner != guard_process_owner())
		return false;
	g->scan = s;
	g->adopted = true;
	return true;
}

bool guard_was_stopped(struct guard *g)
{
	bool was = g && g->stopped;

	if (g)
		g->stopped = false;
	return was;
}

const struct kind *guard_late(struct guard *g)
{
	const struct kind *k = g ? g->late : NULL;

	if (g)
		g->late = NULL;
	return k;
}

/* Of what is looked at in parts, what goes on would be of the parts that were asked for, and no
 * answer to who asks for others. A transaction of packages explains the files it is looked at with:
 * they wait for each other. */
static bool may_be_late(const struct guard *g, const struct kind *k)
{
	return g->kept && g->scan->options->kind_ms && k != &kind_package && !k->hierarchical &&
	       !scan_parts(g->scan->sensors, k);
}

static int too_late(struct guard *g, const struct kind *k, struct err *e)
{
	g->late = k;
	return err_set(e, ERR_TIMEOUT, "kind '%s' takes long to look at", k->name);
}

static int be_patient(struct guard *g, const struct kind *k, int64_t began, struct err *e)
{
	if (!g->scan->options->kind_ms)
		return 0;
	if (is_stopped(g)) {
		g->stopped = true;
		return err_set(e, ERR_TIMEOUT, "kind '%s' was stopped", k->name);
	}
	if (may_be_late(g, k) && has_passed(began, g->scan->options->kind_ms))
		return too_late(g, k, e);
	return 0;
}

/* It may still be at a kind that took too long. On a busy host it is that slow because it has only
 * just begun: a process that is ended for it is never ready. */
static int settle(struct guard *g, const struct kind *k, struct err *e)
{
	if (!g->ahead)
		return 0;
	g->stale = true;
	if (may_be_late(g, k) && listen(g, 0) == AHEAD_GOES_ON)
		return too_late(g, k, e);
	/* What it said is nobody's answer; one who did not come to its end is no use. */
	if (!g->ended)
		(void)stop(g);
	g->ahead = NULL;
	g->asked = false;
	return 0;
}

/* Until all of it is there. Where that takes too long it goes on, and somebody takes it later. */
static int foresee(struct guard *g, const struct kind *k, int64_t began, struct err *e)
{
	enum ahead state;

	gather(g, k);
	while ((state = listen(g, TICK_MS)) == AHEAD_GOES_ON) {
		scan_tick(g->scan);
		if (scan_stopped(g->scan)) {
			g->ahead = NULL;
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		}
		if (has_passed(began, g->scan->options->kind_ms))
			return too_late(g, k, e);
	}
	g->ahead = NULL;
	if (state == AHEAD_NONE)
		return err_set(e, ERR_TIMEOUT, "kind '%s' was stopped", k->name);
	return 0;
}

int guard_kind(struct guard *g, const struct kind *k, struct err *e)
{
	int64_t began = clock_monotonic();
	bool fresh = true;
	struct span frame;
	int r = 0;

	if (g->ahead == k && g->adopted)
		g->ahead = NULL;
	else if (settle(g, k, e) < 0 || begin(g, k, &fresh, e) < 0 ||
		 (may_be_late(g, k) && foresee(g, k, began, e) < 0))
		return e->code;
	g->adopted = false;
	while (r == 0) {
		while (r == 0 && next_frame(g, &frame) > 0)
			r = take(g, frame, k, e);
		if (r < 0) {
			lose(g, k, false, e);
			return 0;
		}
		scan_tick(g->scan);
		if (scan_stopped(g->scan))
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		if (r > 0)
			break;
		r = hear(g, TICK_MS);
		if (r < 0 && may_try_again(g, fresh)) {
			(void)stop(g);
			r = begin(g, k, &fresh, e);
			if (r < 0)
				return r;
		} else if (r < 0 || (r == 0 && is_silent(g))) {
			lose(g, k, r == 0, NULL);
			return 0;
		} else if (r == 0 && be_patient(g, k, began, e) < 0) {
			return e->code;
		}
		r = 0;
	}
	g->asked = false;
	return 0;
}
