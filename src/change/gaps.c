#include "change/gaps.h"

#include <stdlib.h>

#include "change/keys.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "entity/key.h"
#include "store/stage.h"

#define VALUE_MAX ((size_t)64 << 10)

/* Stage: stored key → CBOR arrays [subtree, reason, errno, text], one per reason, end to end. */
struct gaps {
	struct stage *stage; /* NULL: no gap yet */
	struct store *store;
	uint64_t n;
	bool subtrees; /* some gap covers more than its key */
	struct buf key, value, folder, text;
	struct buf low, high; /* the subtree that covered the last key we were asked for */
};

struct gaps *gaps_new(struct store *s)
{
	struct gaps *g = mem_new(sizeof *g);
	struct buf *bufs[] = { &g->key, &g->value, &g->folder, &g->text, &g->low, &g->high };

	g->store = s;
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		*bufs[i] = BUF_INIT(BUF_MAX_DEFAULT);
	return g;
}

void gaps_free(struct gaps *g)
{
	if (!g)
		return;
	stage_close(g->stage);
	buf_done(&g->key);
	buf_done(&g->value);
	buf_done(&g->folder);
	buf_done(&g->text);
	buf_done(&g->low);
	buf_done(&g->high);
	free(g);
}

void gaps_freep(struct gaps **g)
{
	gaps_free(*g);
	*g = NULL;
}

uint64_t gaps_count(const struct gaps *g)
{
	return g->n;
}

struct one {
	bool subtree;
	uint64_t reason, sys;
	struct span text;
};

static int one_get(struct cbor *c, struct one *ret, struct err *e)
{
	uint64_t n;

	if (cbor_get_array(c, &n, e) < 0 || cbor_get_bool(c, &ret->subtree, e) < 0 ||
		cbor_get_uint(c, &ret->reason, e) < 0 || cbor_get_uint(c, &ret->sys, e) < 0 ||
		cbor_get_bytes(c, &ret->text, e) < 0)
		return e->code;
	return 0;
}

/* What is known of this key already, with or without the new one. 1: it says nothing new. */
static int join(struct gaps *g, const struct gap *gap, struct span old, struct err *e)
{
	struct cbor c = cbor_of(old);
	struct one x;

	while (!cbor_at_end(&c)) {
		if (one_get(&c, &x, e) < 0)
			return e->code;
		if (x.reason == (uint64_t)gap->reason && (x.subtree || !gap->subtree))
			return 1;
	}
	buf_add_span(&g->value, old);
	return 0;
}

int gaps_add(struct gaps *g, const struct gap *gap, struct err *e)
{
	struct span old;
	int r;

	if (!g->stage && stage_open(&g->stage, g->store, e) < 0)
		return e->code;
	buf_clear(&g->key);
	buf_clear(&g->value);
	if (key_from_text(gap->kind, gap->key, &g->key, e) < 0)
		return err_prefix(e, "a gap's key: ");
	r = stage_get(g->stage, buf_span(&g->key), &old, e);
	if (r > 0)
		r = join(g, gap, old, e);
	if (r != 0)
		return r < 0 ? r : 0;
	cbor_put_array(&g->value, 4);
	cbor_put_bool(&g->value, gap->subtree);
	cbor_put_uint(&g->value, gap->reason);
	cbor_put_uint(&g->value, (uint64_t)(gap->sys > 0 ? gap->sys : 0));
	cbor_put_bytes(&g->value, span_of(gap->text));
	if (g->value.full || g->value.n > VALUE_MAX)
		return err_set(e, ERR_LIMIT, "more than %zu bytes about one gap", VALUE_MAX);
	if (stage_put(g->stage, buf_span(&g->key), buf_span(&g->value), e) < 0)
		return e->code;
	g->n += gap->reason != GAP_AWAY;
	g->subtrees = g->subtrees || gap->subtree;
	return 0;
}

/* Is there a gap at exactly this key (and, if so asked, one that covers what is below)? */
static int gap_at(struct gaps *g, struct span key, bool subtree, struct err *e)
{
	struct span value;
	int r = stage_get(g->stage, key, &value, e);
	struct cbor c;
	struct one x;

	if (r <= 0)
		return r;
	for (c = cbor_of(value); !cbor_at_end(&c);) {
		if (one_get(&c, &x, e) < 0)
			return e->code;
		if (!subtree || x.subtree)
			return 1;
	}
	return 0;
}

static bool in_last(const struct gaps *g, struct span key)
{
	return g->high.n > 0 && span_compare(key, buf_span(&g->low)) >= 0 &&
	       span_compare(key, buf_span(&g->high)) < 0;
}

static int remember(struct gaps *g, struct span folder, struct err *e)
{
	const struct kind *k;

	if (stored_key_text(folder, &k, &g->text, e) < 0)
		return e->code;
	buf_clear(&g->low);
	buf_clear(&g->high);
	key_range_below(k, buf_span(&g->text), &g->low, &g->high);
	return 0;
}

int gaps_cover(struct gaps *g, struct span key, struct err *e)
{
	int r;

	if (!g->stage)
		return 0;
	if (g->subtrees && in_last(g, key))
		return 1;
	r = gap_at(g, key, false, e);
	if (r != 0 || !g->subtrees)
		return r;
	buf_clear(&g->key);
	buf_add_span(&g->key, key);
	while (stored_key_above(buf_span(&g->key), &g->folder)) {
		struct buf swap = g->key;

		g->key = g->folder;
		g->folder = swap;
		r = gap_at(g, buf_span(&g->key), true, e);
		if (r < 0 || (r > 0 && remember(g, buf_span(&g->key), e) < 0))
			return e->code;
		if (r > 0)
			return 1;
	}
	return 0;
}

struct walk {
	struct gaps *gaps;
	int (*each)(void *ctx, const struct gap *gap, struct err *e);
	void *ctx;
};

static int tell(void *ctx, struct span key, struct span value, struct err *e)
{
	struct walk *w = ctx;
	struct buf *text = &w->gaps->folder;
	struct cbor c = cbor_of(value);
	struct gap gap = { 0 };
	struct one x;
	int r;

	if (stored_key_text(key, &gap.kind, &w->gaps->text, e) < 0)
		return e->code;
	gap.key = buf_span(&w->gaps->text);
	while (!cbor_at_end(&c)) {
		if (one_get(&c, &x, e) < 0)
			return e->code;
		buf_clear(text);
		buf_add_span(text, x.text);
		gap.subtree = x.subtree;
		gap.reason = (enum gap_reason)x.reason;
		gap.sys = (int)x.sys;
		gap.text = buf_text(text);
		r = w->each(w->ctx, &gap, e);
		if (r != 0)
			return r;
	}
	return 0;
}

int gaps_each(struct gaps *g, int (*each)(void *ctx, const struct gap *gap, struct err *e),
	void *ctx, struct err *e)
{
	struct walk w = { g, each, ctx };

	return g->stage ? stage_each(g->stage, tell, &w, e) : 0;
}
