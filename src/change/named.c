#include "change/named.h"

#include <stdlib.h>

#include "change/expect.h"
#include "change/keys.h"
#include "change/selection.h"
#include "core/cbor.h"
#include "core/escape.h"
#include "core/mem.h"
#include "entity/key.h"
#include "entity/key_typed.h"
#include "store/stage.h"
#include "store/tree.h"

#define KEY_MAX ((size_t)1 << 20)
#define SHOWN 200

struct named {
	struct store *store;
	const struct lens *lens;
	const struct change_selection *selection;
	/* Stored key → CBOR array [seq, shared, local], or [seq] when it is gone: the last record.
	 */
	struct stage *stage; /* NULL: none */
	struct tree_cursor *current;
	struct arena *arena;
	bool *found; /* for each term of the selection */
	struct buf key, value, part;
};

static struct named *named_new(struct store *s, const struct lens *l,
	const struct change_selection *sel)
{
	struct named *n = mem_new(sizeof *n);

	n->store = s;
	n->lens = l;
	n->selection = sel;
	n->arena = arena_new();
	n->found = mem_array(sel->n + 1, sizeof *n->found);
	n->key = BUF_INIT(KEY_MAX);
	n->value = n->part = BUF_INIT(BUF_MAX_DEFAULT);
	return n;
}

void named_free(struct named *n)
{
	if (!n)
		return;
	stage_close(n->stage);
	tree_cursor_close(n->current);
	arena_free(n->arena);
	free(n->found);
	buf_done(&n->key);
	buf_done(&n->value);
	buf_done(&n->part);
	free(n);
}

void named_freep(struct named **n)
{
	named_free(*n);
	*n = NULL;
}

/* ---- what is named ---- */

/* is NULL: gone. */
static int add(struct named *n, const struct kind *k, struct span key, const struct record *is,
	uint64_t seq, struct err *e)
{
	if (!n->stage && stage_open(&n->stage, n->store, e) < 0)
		return e->code;
	buf_clear(&n->key);
	buf_clear(&n->value);
	if (key_from_text(k, key, &n->key, e) < 0)
		return e->code;
	cbor_put_array(&n->value, is ? 3 : 1);
	cbor_put_uint(&n->value, seq);
	if (is) {
		buf_clear(&n->part);
		record_encode_shared(is, &n->part);
		cbor_put_bytes(&n->value, buf_span(&n->part));
		buf_clear(&n->part);
		record_encode_local(is, &n->part);
		cbor_put_bytes(&n->value, buf_span(&n->part));
	}
	if (n->value.full || n->part.full)
		return err_set(e, ERR_LIMIT, "an entity of more than %zu bytes", n->value.max);
	return stage_put(n->stage, buf_span(&n->key), buf_span(&n->value), e);
}

static int add_change(struct named *n, const struct ledger_record *r, struct err *e)
{
	const struct change *c = &r->change;

	if (c->old_key.n && add(n, c->kind, c->old_key, NULL, r->seq, e) < 0)
		return e->code;
	return add(n, c->kind, c->key, c->is, r->seq, e);
}

static bool names_records(const struct selector_term *t)
{
	return t->what == SELECT_SEQ || t->what == SELECT_CARD;
}

static int read_record(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct named *n = ctx;
	struct change_selection one = { .n = 1 };
	struct ledger_record r;
	bool chosen = false;

	arena_clear(n->arena);
	if (ledger_record_decode(entry->body, n->arena, &r, e) < 0)
		return e->code;
	if (r.type != RECORD_CHANGE)
		return 0;
	r.seq = entry->seq;
	r.chained = true;
	for (size_t i = 0; i < n->selection->n; i++) {
		one.terms = &n->selection->terms[i];
		if (!names_records(one.terms) || !change_selection_holds(&one, &r))
			continue;
		n->found[i] = chosen = true;
	}
	return chosen ? add_change(n, &r, e) : 0;
}

static int expect_found(const struct named *n, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);

	for (size_t i = 0; i < n->selection->n; i++) {
		const struct selector_term *t = &n->selection->terms[i];

		if (!names_records(t) || n->found[i])
			continue;
		if (t->what == SELECT_SEQ && t->from == t->to)
			return err_set(e, ERR_USAGE, "no change has the ledger number %llu",
				(unsigned long long)t->from);
		if (t->what == SELECT_SEQ)
			return err_set(e, ERR_USAGE,
				"no change has a ledger number from %llu to %llu",
				(unsigned long long)t->from, (unsigned long long)t->to);
		escape_text(&shown,
			t->text.n > SHOWN ? (struct span){ t->text.p, SHOWN } : t->text);
		return err_set(e, ERR_USAGE, "no change is of the card '%s'", buf_text(&shown));
	}
	return 0;
}

/* Only the part of the ledger that may hold what is asked for is read: all of it for a card. */
static int read_ledger(struct named *n, struct err *e)
{
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < n->selection->n; i++) {
		const struct selector_term *t = &n->selection->terms[i];
		bool card = t->what == SELECT_CARD;

		if (!names_records(t))
			continue;
		if (card || t->from < from)
			from = card ? 1 : t->from;
		if (card || t->to > to)
			to = card ? INT64_MAX : t->to;
	}
	if (to == 0)
		return 0;
	if (ledger_read(n->store, from, to, false, read_record, n, e) < 0)
		return e->code;
	return expect_found(n, e);
}

/* ---- is it as it was then ---- */

struct later {
	struct arena *arena;
	const struct kind *kind;
	struct span key;
	uint64_t seq; /* 0: none */
};

static int look_later(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct later *later = ctx;
	struct ledger_record r;

	arena_clear(later->arena);
	if (ledger_record_decode(entry->body, later->arena, &r, e) < 0)
		return e->code;
	if (r.type != RECORD_CHANGE || r.change.kind != later->kind ||
		(!span_same(r.change.key, later->key) && !span_same(r.change.old_key, later->key)))
		return 0;
	later->seq = entry->seq;
	return 1;
}

static int changed_since(struct named *n, const struct kind *k, struct span key, uint64_t seq,
	struct err *e)
{
	struct later later = { n->arena, k, key, 0 };
	AUTO(buf) shown = BUF_INIT(8192);

	if (ledger_read(n->store, seq + 1, INT64_MAX, true, look_later, &later, e) < 0)
		return e->code;
	key_show(k, key.n > SHOWN ? (struct span){ key.p, SHOWN } : key, &shown);
	if (later.seq == 0)
		return err_set(e, ERR_CHANGED,
			"'%s' is no longer as in seq %llu; approve it by path", buf_text(&shown),
			(unsigned long long)seq);
	return err_set(e, ERR_CHANGED,
		"'%s' changed again since seq %llu; approve it by path or seq:%llu",
		buf_text(&shown), (unsigned long long)seq, (unsigned long long)later.seq);
}

/* What nobody watches may differ. */
static int same(struct named *n, const struct record *then, const struct tree_entry *now,
	struct err *e)
{
	struct record is = { .kind = then->kind, .key = then->key };
	struct view view;

	if (record_decode(now->shared, now->local, &is, e) < 0)
		return e->code;
	lens_look(n->lens, &is, &view);
	return record_changes(then, &is, view.watched) == 0;
}

static int check_one(void *ctx, struct span key, struct span value, struct err *e)
{
	struct named *n = ctx;
	struct cbor c = cbor_of(value);
	struct record then = { 0 };
	struct span shared, local;
	struct tree_entry now;
	uint64_t parts, seq;
	int there = tree_cursor_get(n->current, key, &now, e), as_then;

	if (there < 0 || cbor_get_array(&c, &parts, e) < 0 || cbor_get_uint(&c, &seq, e) < 0 ||
		stored_key_text(key, &then.kind, &n->part, e) < 0)
		return e->code;
	then.key = buf_span(&n->part);
	as_then = there == (parts > 1);
	if (there && as_then) {
		if (cbor_get_bytes(&c, &shared, e) < 0 || cbor_get_bytes(&c, &local, e) < 0 ||
			record_decode(shared, local, &then, e) < 0)
			return e->code;
		as_then = same(n, &then, &now, e);
	}
	if (as_then < 0)
		return as_then;
	return as_then ? 0 : changed_since(n, then.kind, then.key, seq, e);
}

static int check_all(struct named *n, struct err *e)
{
	struct tree_root root;

	if (!n->stage)
		return 0;
	if (store_root_get(n->store, ROOT_CURRENT, &root, e) < 0 ||
		tree_cursor_open(&n->current, n->store, &root, e) < 0)
		return e->code;
	return stage_each(n->stage, check_one, n, e);
}

int named_find(struct named **ret, struct store *s, const struct lens *l,
	const struct change_selection *sel, struct err *e)
{
	AUTO_FREE(named) n = named_new(s, l, sel);

	if (read_ledger(n, e) < 0 || check_all(n, e) < 0)
		return e->code;
	*ret = n;
	n = NULL;
	return 0;
}

int named_has(struct named *n, struct span key, struct err *e)
{
	struct span unused;

	return n->stage && key.n ? stage_get(n->stage, key, &unused, e) : 0;
}
