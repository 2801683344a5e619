/* A scan of files that keeps what it is told, and a policy that selects one folder and all below
 * it: for tests of the room on Windows, which need neither store nor YAML. */
#ifndef TESTS_SENSOR_FILE_SCAN_H
#define TESTS_SENSOR_FILE_SCAN_H

#include <stdlib.h>

#include "../check.h"
#include "core/fold.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"
#include "sensor/sensor.h"

#define SEEN_MAX 20000

struct seen {
	char *key; /* as people know it */
	struct record record;
	uint64_t unknown;
	bool late, gone, hollow;
};

struct scope {
	unsigned depth;
	_Atomic unsigned refs;
};

struct scan {
	struct scan_options options;
	struct selector selector;
	struct arena *arena;
	const char *base; /* "C:\x" */
	uint64_t fields;
	const struct scan *before; /* trust_stamps: what is known */
	struct seen seen[SEEN_MAX];
	size_t n;
	struct buf last;
	size_t gaps, same;
	char gap[4096]; /* the last one: key, reason, text */
	uint64_t bytes;
};

/* ---- the policy ---- */

/* The i-th section of the base, the drive being the 0th; false: it has no so many. */
static inline bool base_section(const struct scan *s, unsigned i, struct span *ret)
{
	struct span rest = span_of(s->base);

	for (; span_cut(&rest, '\\', ret); i--)
		if (i == 0)
			return true;
	return false;
}

static const struct scan *the_scan;

static inline struct scope *scope_at(unsigned depth)
{
	struct scope *d = mem_new(sizeof *d);

	d->depth = depth;
	d->refs = 1;
	return d;
}

static inline struct scope *scope_top(const void *policy, const struct kind *k)
{
	(void)policy;
	(void)k;
	return scope_at(0);
}

static inline bool scope_matches(const struct scope *d, struct span name)
{
	struct span section;

	if (!base_section(the_scan, d->depth, &section))
		return true;
	if (d->depth == 0 && name.n)
		name = span_from_offset(name, 1);
	return fold_same(name, section);
}

static inline struct scope *scope_enter(struct scope *d, struct span name, bool other_mount)
{
	(void)other_mount;
	return scope_matches(d, name) ? scope_at(d->depth + 1) : NULL;
}

static inline void scope_leave(struct scope *d)
{
	free(d);
}

static inline bool scope_hold(struct selection *ret)
{
	*ret = (struct selection){ .fields = the_scan->fields, .n = 1 };
	return true;
}

static inline bool scope_name(const struct scope *d, struct span name, struct selection *ret)
{
	struct span section;

	if (!scope_matches(d, name) || base_section(the_scan, d->depth + 1, &section))
		return false;
	return scope_hold(ret);
}

static inline bool scope_uniform(const struct scope *d, struct selection *ret)
{
	struct span section;

	return !base_section(the_scan, d->depth, &section) && scope_hold(ret);
}

static inline bool scope_settle(struct selection *sel, const struct record *r)
{
	(void)r;
	return sel->n > 0;
}

static inline void scan_begin(struct scan *s, const char *base, uint64_t fields)
{
	s->base = base;
	s->fields = fields;
	s->arena = arena_new();
	s->last = BUF_INIT(1 << 20);
	s->selector = (struct selector){ .top = scope_top,
		.enter = scope_enter,
		.leave = scope_leave,
		.name = scope_name,
		.uniform = scope_uniform,
		.settle = scope_settle };
	the_scan = s;
}

static inline void scan_end(struct scan *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->seen[i].key);
	arena_free(s->arena);
	buf_done(&s->last);
	free(s);
}

/* ---- what it is told ---- */

static inline const struct seen *seen_find(const struct scan *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->seen[i].key, key) == 0)
			return &s->seen[i];
	return NULL;
}

static inline struct seen *see(struct scan *s, struct span stored)
{
	AUTO(buf) text = BUF_INIT(1 << 20);
	const struct kind *k;
	struct seen *x;
	struct err e;

	assert_true(s->n < SEEN_MAX);
	assert_int_equal(key_to_text(stored, &k, &text, &e), 0);
	x = &s->seen[s->n++];
	*x = (struct seen){ .key = mem_copy(text.p, text.n), .record = { .kind = &kind_file } };
	return x;
}

static inline struct seen *see_record(struct scan *s, const struct observation *o)
{
	struct seen *x = see(s, o->key);
	struct err e;

	x->unknown = o->unknown;
	assert_int_equal(record_decode(arena_copy(s->arena, o->shared),
				 arena_copy(s->arena, o->local), &x->record, &e),
		0);
	return x;
}

static inline void in_order(struct scan *s, struct span key)
{
	assert_true(span_compare(key, buf_span(&s->last)) > 0);
	buf_clear(&s->last);
	buf_add_span(&s->last, key);
}

const struct scan_options *scan_options(const struct scan *s)
{
	return &s->options;
}

const struct selector *scan_selector(const struct scan *s)
{
	return &s->selector;
}

struct arena *scan_arena(struct scan *s)
{
	return s->arena;
}

uint64_t scan_asks_kind(struct scan *s, const struct kind *k)
{
	(void)k;
	return s->fields;
}

void scan_put(struct scan *s, const struct observation *o)
{
	in_order(s, o->key);
	(void)see_record(s, o);
}

bool scan_same(struct scan *s, struct span key, const struct record *stamp)
{
	AUTO(buf) text = BUF_INIT(1 << 20);
	const struct seen *x;
	const struct kind *k;
	struct err e;

	in_order(s, key);
	assert_int_equal(key_to_text(key, &k, &text, &e), 0);
	x = s->before ? seen_find(s->before, buf_text(&text)) : NULL;
	if (!x || record_diff(&x->record, stamp) & stamp->has)
		return false;
	s->same++;
	return true;
}

void scan_put_late(struct scan *s, const struct observation *o)
{
	see_record(s, o)->late = true;
}

void scan_gone_late(struct scan *s, struct span key)
{
	see(s, key)->gone = true;
}

void scan_point(struct scan *s, struct span key, enum point_now now)
{
	if (now == POINT_HOLLOW)
		see(s, key)->hollow = true;
}

void scan_gap(struct scan *s, const struct gap *g)
{
	s->gaps++;
	snprintf(s->gap, sizeof s->gap, "%.*s|%s|%s", (int)g->key.n, g->key.p,
		gap_reason_names[g->reason], g->text);
}

bool scan_stopped(const struct scan *s)
{
	(void)s;
	return false;
}

void scan_progress(struct scan *s, uint64_t bytes, uint64_t files_read)
{
	(void)files_read;
	s->bytes = bytes;
}

#endif
