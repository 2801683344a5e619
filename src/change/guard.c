#include "change/guard.h"

#include <stdlib.h>

#include "change/guard_process.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "host/host.h"
#include "os/clock.h"
#include "store/stage.h"

#define READ_BYTES ((size_t)64 << 10)
#define TICK_MS 100
#define DEADLINE_MS 5000 /* for one operation, when the options do not say */
#define SILENCE 6        /* deadlines without a word from a sensor: it hangs */
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
	struct guard_process *child; /* NULL: none */
	struct buf in;
	size_t at;     /* of in, used up */
	int64_t heard; /* when the child last said something */
};

static bool is_silent(const struct guard *g)
{
	unsigned ms = g->scan->options->deadline_ms;

	return clock_monotonic() - g->heard > (ms ? ms : DEADLINE_MS) * SILENCE * INT64_C(1000000);
}

struct guard *guard_new(struct scan *s)
{
	struct guard *g = mem_new(sizeof *g);

	g->scan = s;
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
static int hear(struct guard *g)
{
	char *room;
	int n;

	if (g->in.n > g->at)
		memmove(g->in.p, g->in.p + g->at, g->in.n - g->at);
	g->in.n -= g->at;
	g->at = 0;
	room = buf_room(&g->in, READ_BYTES);
	n = room ? guard_process_hear(g->child, room, READ_BYTES, TICK_MS) : -1;
	if (n <= 0)
		return n;
	g->in.n += (size_t)n;
	g->spoke = true;
	g->heard = clock_monotonic();
	return 1;
}

/* What is known of the kind stays, but for what was delivered. */
static void lose(struct guard *g, const struct kind *k, bool silent)
{
	struct gap gap = { .kind = k, .subtree = true, .reason = silent ? GAP_TIMEOUT : GAP_IO };
	const char *how = stop(g);

	if (silent)
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
	g->begun = false;
	return g;
}

void guard_rest(struct guard *g)
{
	g->scan = NULL;
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

int guard_kind(struct guard *g, const struct kind *k, struct err *e)
{
	bool fresh = true;
	struct span frame;
	int r = 0;

	if (begin(g, k, &fresh, e) < 0)
		return e->code;
	while (r == 0) {
		while (r == 0 && next_frame(g, &frame) > 0)
			r = take(g, frame, k, e);
		if (r < 0)
			return r;
		scan_tick(g->scan);
		if (scan_stopped(g->scan))
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		if (r > 0)
			break;
		r = hear(g);
		if (r < 0 && may_try_again(g, fresh)) {
			(void)stop(g);
			r = begin(g, k, &fresh, e);
			if (r < 0)
				return r;
		} else if (r < 0 || (r == 0 && is_silent(g))) {
			lose(g, k, r == 0);
			return 0;
		}
		r = 0;
	}
	g->asked = false;
	return 0;
}
