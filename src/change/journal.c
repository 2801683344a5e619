#include "change/journal.h"

#include "change/explain.h"
#include "entity/file.h"

void journal_init(struct journal *j, struct store *s, int64_t time)
{
	*j = (struct journal){ .store = s, .time = time };
	j->arena = arena_new();
	j->body = BUF_INIT(BUF_MAX_DEFAULT);
	j->cards.arena = arena_new();
	j->cards.time = time;
}

void journal_done(struct journal *j)
{
	arena_freep(&j->arena);
	arena_freep(&j->cards.arena);
	buf_done(&j->body);
	who_memo_done(&j->whos);
}

int journal_add(struct journal *j, struct ledger_record *r, struct err *e)
{
	r->time = j->time;
	buf_clear(&j->body);
	ledger_record_encode(r, &j->body);
	if (j->body.full)
		return err_set(e, ERR_LIMIT, "a ledger record of more than %zu bytes", j->body.max);
	if (ledger_append(j->store, buf_span(&j->body), &j->last, e) < 0)
		return e->code;
	if (j->first == 0)
		j->first = j->last;
	return 0;
}

int journal_note(struct journal *j, const char *what, const char *text, struct err *e)
{
	struct ledger_record r = { .type = RECORD_NOTE };

	r.note.what = span_of(what);
	r.note.text = span_of(text);
	return journal_add(j, &r, e);
}

/* A folder's time moves with every entry that comes and goes, and those are told themselves. */
static int is_cosmetic(struct found *f, const struct finding *x, const struct change *c,
	struct err *e)
{
	if (c->kind != &kind_file || c->type != CHANGE_UPDATED ||
		c->fields != field_bit(FILE_MTIME) || c->verdict != VERDICT_UNEXPLAINED ||
		!record_has(c->is, FILE_TYPE) || c->is->v[FILE_TYPE].number != FILE_DIRECTORY)
		return 0;
	return found_inside(f, x->key, e);
}

int journal_changes(struct journal *j, struct found *f, const struct lens *l,
	uint64_t ret_changes[CHANGE_TYPE_N], struct err *e)
{
	struct ledger_record r;
	struct finding x;
	int rc;

	found_rewind(f);
	while ((rc = found_next(f, &x, e)) > 0) {
		arena_clear(j->arena);
		rc = explain(j->arena, l, j->proofs, &x, &r, e);
		if (rc == 0)
			continue;
		if (rc < 0)
			return rc;
		rc = is_cosmetic(f, &x, &r.change, e);
		if (rc < 0)
			return rc;
		if (rc > 0)
			r.change.verdict = VERDICT_COSMETIC;
		if (j->plan)
			plan_attribute(j->plan, j->arena, &j->whos, &r.change);
		if (card_for(&j->cards, &r.change, &r.change.card, e) < 0 ||
			journal_add(j, &r, e) < 0)
			return e->code;
		ret_changes[r.change.type]++;
	}
	return rc;
}

static struct ledger_record gap_record(const struct gap *gap)
{
	struct ledger_record r = { .type = RECORD_GAP };

	r.gap.kind = gap->kind;
	r.gap.key = gap->key;
	r.gap.subtree = gap->subtree;
	r.gap.reason = span_of(gap->reason < GAP_N ? gap_reason_names[gap->reason] : "");
	r.gap.text = span_of(gap->text);
	return r;
}

int journal_gap(struct journal *j, const struct gap *gap, struct err *e)
{
	struct ledger_record r = gap_record(gap);

	return journal_add(j, &r, e);
}

static int add_gap(void *ctx, const struct gap *gap, struct err *e)
{
	return journal_gap(ctx, gap, e);
}

int journal_gaps(struct journal *j, struct gaps *g, struct err *e)
{
	return gaps_each(g, add_gap, j, e);
}

struct telling {
	struct journal *journal;
	const struct check_listener *listener;
};

static int tell(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct telling *t = ctx;
	struct ledger_record r;

	arena_clear(t->journal->arena);
	if (ledger_record_decode_next(entry->body, t->journal->arena, &t->journal->whos, &r, e) < 0)
		return e->code;
	r.seq = entry->seq;
	memcpy(r.prev, entry->prev, sizeof r.prev);
	r.chained = true;
	return t->listener->record(t->listener->ctx, &r, e);
}

int journal_tell(struct journal *j, const struct check_listener *l, struct err *e)
{
	struct telling t = { j, l };

	if (!l || !l->record || j->first == 0)
		return 0;
	return ledger_read(j->store, j->first, j->last, false, tell, &t, e);
}

static int tell_gap(void *ctx, const struct gap *gap, struct err *e)
{
	struct telling *t = ctx;
	struct ledger_record r = gap_record(gap);

	r.time = t->journal->time;
	return t->listener->record(t->listener->ctx, &r, e);
}

int journal_tell_unrecorded(struct journal *j, struct found *f, struct gaps *g,
	const struct lens *l, const struct check_listener *listener, struct err *e)
{
	struct telling t = { j, listener };
	struct ledger_record r;
	struct finding x;
	int rc;

	if (!listener || !listener->record)
		return 0;
	found_rewind(f);
	while ((rc = found_next(f, &x, e)) > 0) {
		arena_clear(j->arena);
		rc = explain(j->arena, l, j->proofs, &x, &r, e);
		if (rc > 0) {
			r.time = j->time;
			if (j->plan)
				plan_attribute(j->plan, j->arena, &j->whos, &r.change);
			rc = listener->record(listener->ctx, &r, e);
		}
		if (rc != 0)
			return rc;
	}
	return rc < 0 ? rc : gaps_each(g, tell_gap, &t, e);
}
