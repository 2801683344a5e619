#include "change/compare.h"

#include <stdlib.h>

#include "change/below.h"
#include "change/expect.h"
#include "change/keys.h"
#include "change/stamp.h"
#include "core/mem.h"
#include "entity/key.h"

struct compare {
	struct compare_setup with;
	struct tree_cursor *cursor;   /* in step with the observation */
	struct tree_cursor *late;     /* looks up what comes late; NULL: not needed yet */
	struct tree_cursor *approved; /* looks up what was approved; NULL: not needed yet */
	struct tree_entry have;       /* what the cursor stands on */
	bool has;
	struct below below; /* the ranges of keys we were asked for */
	size_t range;       /* the one the cursor is in */
	struct buf text, shared, local;
	struct record was, is;
	struct view view;
};

int compare_open(struct compare **ret, const struct compare_setup *setup, struct err *e)
{
	AUTO_FREE(compare) c = mem_new(sizeof *c);

	c->with = *setup;
	c->text = c->shared = c->local = BUF_INIT(BUF_MAX_DEFAULT);
	if (tree_cursor_open(&c->cursor, setup->store, &setup->current, e) < 0)
		return e->code;
	*ret = c;
	c = NULL;
	return 0;
}

void compare_close(struct compare *c)
{
	if (!c)
		return;
	tree_cursor_close(c->cursor);
	tree_cursor_close(c->late);
	tree_cursor_close(c->approved);
	below_done(&c->below);
	buf_done(&c->text);
	buf_done(&c->shared);
	buf_done(&c->local);
	free(c);
}

void compare_freep(struct compare **c)
{
	compare_close(*c);
	*c = NULL;
}

/* ---- one entity ---- */

static int read_record(struct compare *c, struct span key, const struct side *side,
	struct record *ret, struct err *e)
{
	ret->has = 0;
	if (stored_key_text(key, &ret->kind, &c->text, e) < 0)
		return e->code;
	ret->key = buf_span(&c->text);
	return record_decode(side->shared, side->local, ret, e);
}

static struct side side_of(const struct tree_entry *x)
{
	return (struct side){ true, x->shared, x->local };
}

static int look_up(struct compare *c, struct tree_cursor **cursor, const struct tree_root *root,
	struct span key, struct tree_entry *ret, struct err *e)
{
	if (!*cursor && tree_cursor_open(cursor, c->with.store, root, e) < 0)
		return e->code;
	return tree_cursor_get(*cursor, key, ret, e);
}

/* 1: the approved state has it; 0: not. */
static int approved_entry(struct compare *c, struct span key, struct tree_entry *ret, struct err *e)
{
	return look_up(c, &c->approved, &c->with.approved, key, ret, e);
}

static uint64_t digest_fields(const struct kind *k)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if (k->fields[i].type == FIELD_DIGEST)
			set |= field_bit(i);
	return set;
}

/* Fields only the new policy asks for did not change: the approved state learns them now, but for
 * those it knows from an earlier policy. */
static int adopt_fields(struct compare *c, struct span key, struct err *e)
{
	struct tree_entry entry;
	struct record approved = { 0 };
	struct side side;
	uint64_t fields;
	int r = approved_entry(c, key, &entry, e);

	if (r <= 0)
		return r;
	side = side_of(&entry);
	if (read_record(c, key, &side, &approved, e) < 0)
		return e->code;
	fields = c->view.fresh & ~approved.has;
	if (fields == 0)
		return 0;
	/* Where a digest was not asked for, the entry says so; now it is. */
	if (fields & digest_fields(c->is.kind))
		fields |= kind_fields_with(c->is.kind, FIELD_DERIVED);
	for (unsigned i = 0; i < c->is.kind->n_fields; i++)
		if (fields & field_bit(i))
			approved.v[i] = c->is.v[i];
	approved.has = (approved.has & ~fields) | (c->is.has & fields);
	buf_clear(&c->shared);
	buf_clear(&c->local);
	record_encode_shared(&approved, &c->shared);
	record_encode_local(&approved, &c->local);
	entry = (struct tree_entry){ key, buf_span(&c->shared), buf_span(&c->local) };
	return edits_put(c->with.adopted, &entry, e);
}

/* No longer watched: it leaves the tree, but for what nobody approved: that would be approved
 * unseen once it is watched again. */
static int dropped(struct compare *c, struct finding *x, struct err *e)
{
	struct tree_entry approved;
	int r = approved_entry(c, x->key, &approved, e);

	if (r < 0)
		return r;
	if (c->view.held_before)
		c->with.summary->no_longer_watched++;
	if (r == 0)
		return 0;
	x->type = FOUND_DROPPED;
	return found_put(c->with.found, x, e);
}

/* In the tree, not on the host. */
static int missing(struct compare *c, const struct tree_entry *entry, struct err *e)
{
	struct finding x = { .type = FOUND_DELETED, .key = entry->key, .was = side_of(entry) };
	int r = gaps_cover(c->with.gaps, entry->key, e);

	if (r != 0)
		return r < 0 ? r : 0;
	if (read_record(c, entry->key, &x.was, &c->was, e) < 0)
		return e->code;
	lens_look(&c->with.lens, &c->was, &c->view);
	if (!c->view.held)
		return dropped(c, &x, e);
	if (!expect_existence(&c->view))
		x.type = FOUND_QUIET;
	return found_put(c->with.found, &x, e);
}

/* What a policy begins to look at was there before, and is approved with it; but what was approved
 * under an earlier one stays as it was then, and what it wants to be absent is what it was written
 * to find. */
static int newly_watched(struct compare *c, const struct tree_entry *entry, struct finding *x,
	struct err *e)
{
	struct tree_entry approved;
	int r;

	if (c->view.held && expect_absent(&c->view.selection))
		return found_put(c->with.found, x, e);
	x->type = FOUND_QUIET;
	r = approved_entry(c, x->key, &approved, e);
	if (r < 0 || found_put(c->with.found, x, e) < 0)
		return e->code;
	if (r == 0)
		return edits_put(c->with.adopted, entry, e);
	c->view.fresh |= c->view.watched;
	c->view.watched = 0;
	return adopt_fields(c, x->key, e);
}

/* On the host, not in the tree. */
static int fresh(struct compare *c, const struct observation *o, struct err *e)
{
	struct tree_entry entry = { o->key, o->shared, o->local };
	struct finding x = { .type = FOUND_CREATED, .key = o->key, .is = side_of(&entry) };

	if (read_record(c, o->key, &x.is, &c->is, e) < 0)
		return e->code;
	lens_look(&c->with.lens, &c->is, &c->view);
	if (!c->view.held_before) {
		c->with.summary->newly_watched++;
		return newly_watched(c, &entry, &x, e);
	}
	if (!expect_existence(&c->view))
		x.type = FOUND_QUIET;
	return found_put(c->with.found, &x, e);
}

/* What could not be looked at this time is as it was. */
static void keep_unknown(struct compare *c, uint64_t unknown, struct side *is)
{
	for (unsigned i = 0; i < c->is.kind->n_fields; i++)
		if (unknown & field_bit(i))
			c->is.v[i] = c->was.v[i];
	c->is.has = (c->is.has & ~unknown) | (c->was.has & unknown);
	buf_clear(&c->shared);
	buf_clear(&c->local);
	record_encode_shared(&c->is, &c->shared);
	record_encode_local(&c->is, &c->local);
	is->shared = buf_span(&c->shared);
	is->local = buf_span(&c->local);
}

/* What the tree holds was watched, also when the policy stored last does not say so: a check of a
 * part may have come between. */
static void look_known(struct compare *c, const struct record *r)
{
	lens_look(&c->with.lens, r, &c->view);
	if (c->view.held_before)
		return;
	c->view.watched |= c->view.fresh;
	c->view.fresh = 0;
}

/* In both, and the bytes differ or are not all known. */
static int differ(struct compare *c, const struct tree_entry *entry, const struct observation *o,
	struct err *e)
{
	struct finding x = { .type = FOUND_UPDATED,
		.key = o->key,
		.was = side_of(entry),
		.is = { true, o->shared, o->local } };

	if (read_record(c, o->key, &x.was, &c->was, e) < 0 ||
		read_record(c, o->key, &x.is, &c->is, e) < 0)
		return e->code;
	c->was.key = c->is.key;
	if (o->unknown)
		keep_unknown(c, o->unknown, &x.is);
	if (span_same(x.was.shared, x.is.shared) && span_same(x.was.local, x.is.local))
		return 0;
	look_known(c, &c->is);
	x.fields = expect_fields(&c->view, &c->was, &c->is);
	if (x.fields == 0)
		x.type = FOUND_QUIET;
	if (found_put(c->with.found, &x, e) < 0)
		return e->code;
	return c->view.fresh ? adopt_fields(c, o->key, e) : 0;
}

static int compare_one(struct compare *c, const struct tree_entry *entry,
	const struct observation *o, struct err *e)
{
	if (span_same(entry->shared, o->shared) && span_same(entry->local, o->local) && !o->unknown)
		return 0;
	return differ(c, entry, o, e);
}

/* ---- the merge ---- */

/* Stand on the next entry of the ranges asked for. */
static int step(struct compare *c, struct err *e)
{
	int r;

	c->has = false;
	while (c->range < c->below.n) {
		r = tree_cursor_next(c->cursor, &c->have, e);
		if (r < 0)
			return r;
		if (r > 0 && below_inside(&c->below, c->range, c->have.key)) {
			c->has = true;
			return 0;
		}
		c->range++;
		if (c->range < c->below.n &&
			tree_cursor_seek(c->cursor, below_low(&c->below, c->range), e) < 0)
			return e->code;
	}
	return 0;
}

/* Everything before key is gone. 1: we stand on key; 0: we do not know it. */
static int reach(struct compare *c, struct span key, struct err *e)
{
	while (c->has) {
		int order = span_compare(c->have.key, key);

		if (order >= 0)
			return order == 0;
		if (missing(c, &c->have, e) < 0 || step(c, e) < 0)
			return e->code;
	}
	return 0;
}

static int begin(void *ctx, const struct kind *k, struct err *e)
{
	struct compare *c = ctx;

	below_done(&c->below);
	if (below_init(&c->below, c->with.options, k, e) < 0)
		return e->code;
	c->range = 0;
	c->has = false;
	if (c->below.n == 0)
		return 0;
	if (tree_cursor_seek(c->cursor, below_low(&c->below, 0), e) < 0)
		return e->code;
	return step(c, e);
}

static void count(struct compare *c, struct span key)
{
	size_t id = (uint8_t)key.p[0];

	if (id < ARRAY_LEN(c->with.summary->entities))
		c->with.summary->entities[id]++;
}

static int put(void *ctx, const struct observation *o, struct err *e)
{
	struct compare *c = ctx;
	int r = reach(c, o->key, e);

	if (r < 0)
		return r;
	count(c, o->key);
	if (r == 0)
		return below_holds(&c->below, o->key) ? fresh(c, o, e) : 0;
	if (compare_one(c, &c->have, o, e) < 0)
		return e->code;
	return step(c, e);
}

/* A new policy may ask for more than the last one saw. */
static int asks_more(struct compare *c, const struct tree_entry *entry, struct err *e)
{
	struct side side = side_of(entry);

	if (!c->with.lens.before)
		return 0;
	if (read_record(c, entry->key, &side, &c->was, e) < 0)
		return e->code;
	look_known(c, &c->was);
	return c->view.fresh != 0;
}

static int same(void *ctx, struct span key, const struct record *stamp, struct err *e)
{
	struct compare *c = ctx;
	int r = reach(c, key, e), more;

	if (r <= 0)
		return r;
	r = stamp_same(stamp, &c->have, &c->local, e);
	if (r > 0) {
		more = asks_more(c, &c->have, e);
		r = more < 0 ? more : !more;
	}
	if (r > 0)
		count(c, key);
	if (r < 0 || step(c, e) < 0)
		return e->code;
	return r;
}

static int put_late(void *ctx, const struct observation *o, struct err *e)
{
	struct compare *c = ctx;
	struct tree_entry entry;
	int r = look_up(c, &c->late, &c->with.current, o->key, &entry, e);

	if (r < 0)
		return r;
	count(c, o->key);
	return r > 0 ? compare_one(c, &entry, o, e) : fresh(c, o, e);
}

static int gone_late(void *ctx, struct span key, struct err *e)
{
	struct compare *c = ctx;
	struct tree_entry entry;
	int r = look_up(c, &c->late, &c->with.current, key, &entry, e);

	return r > 0 ? missing(c, &entry, e) : r;
}

static int end(void *ctx, const struct kind *k, struct err *e)
{
	struct compare *c = ctx;

	(void)k;
	while (c->has)
		if (missing(c, &c->have, e) < 0 || step(c, e) < 0)
			return e->code;
	return 0;
}

int compare_hollow(struct compare *c, struct span key, struct err *e)
{
	AUTO(buf) low = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) high = BUF_INIT(BUF_MAX_DEFAULT);
	struct tree_entry entry;
	const struct kind *k;
	int r;

	if (stored_key_text(key, &k, &c->text, e) < 0)
		return e->code;
	key_range_below(k, buf_span(&c->text), &low, &high);
	if (tree_cursor_seek(c->cursor, buf_span(&low), e) < 0)
		return e->code;
	while ((r = tree_cursor_next(c->cursor, &entry, e)) > 0 &&
		span_compare(entry.key, buf_span(&high)) < 0)
		/* What was asked for itself was compared already. */
		if (!below_holds(&c->below, entry.key) && missing(c, &entry, e) < 0)
			return e->code;
	return r < 0 ? r : 0;
}

const struct observer compare_observer = {
	.begin = begin,
	.put = put,
	.same = same,
	.put_late = put_late,
	.gone_late = gone_late,
	.end = end,
};
