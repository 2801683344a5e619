#include "cli/records.h"

#include "change/selection.h"
#include "cli/asked.h"
#include "cli/paths.h"
#include "cli/suggest.h"
#include "core/escape.h"
#include "os/clock.h"
#include "os/stop.h"

#define SHOWN 200

struct reader {
	record_fn *each;
	void *ctx;
	struct arena *arena;
};

static int decode(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct reader *reader = ctx;
	struct ledger_record r;

	if (stop_asked())
		return err_set(e, ERR_INTERRUPTED, "interrupted");
	arena_clear(reader->arena);
	if (ledger_record_decode(entry->body, reader->arena, &r, e) < 0)
		return err_prefix(e, "ledger record %llu: ", (unsigned long long)entry->seq);
	r.seq = entry->seq;
	memcpy(r.prev, entry->prev, sizeof r.prev);
	r.chained = true;
	return reader->each(reader->ctx, &r, e);
}

int records_each(struct session *s, uint64_t from, uint64_t to, bool backwards, record_fn *each,
	void *ctx, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct reader reader = { each, ctx, arena };

	return ledger_read(s->store, from, to, backwards, decode, &reader, e);
}

/* ---- what was chosen ---- */

void chosen_done(struct chosen *c)
{
	keyset_freep(&c->named);
}

struct naming {
	struct keyset *named;
	struct change_selection selection; /* one term for each of these words */
	const char *const *words;
	bool *found; /* one for each */
};

static int name_record(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct naming *n = ctx;
	bool any = false;

	(void)e;
	for (size_t i = 0; r->type == RECORD_CHANGE && i < n->selection.n; i++) {
		struct change_selection one = { &n->selection.terms[i], 1 };

		if (change_selection_holds(&one, r))
			n->found[i] = any = true;
	}
	if (!any)
		return 0;
	keyset_add(n->named, r->change.kind, r->change.key);
	if (r->change.old_key.n)
		keyset_add(n->named, r->change.kind, r->change.old_key);
	return 0;
}

static bool names_records(const char *word)
{
	return strncmp(word, "seq:", 4) == 0 || strncmp(word, "card:", 5) == 0;
}

static int expect_named(const struct naming *n, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);

	for (size_t i = 0; i < n->selection.n; i++) {
		if (n->found[i])
			continue;
		escape_text(&shown, span_from(n->words[i], strnlen(n->words[i], SHOWN)));
		return err_set(e, ERR_USAGE, "no change in the ledger is '%s'; see: invar log",
			buf_text(&shown));
	}
	return 0;
}

/* The drift has no ledger numbers and no cards: those words stand for the entities they name. */
static int resolve(struct session *s, struct arena *a, const char *const *words, size_t n,
	struct chosen *c, struct err *e)
{
	const char **some = arena_get(a, (n + 1) * sizeof *some);
	struct naming naming = { .words = some };
	size_t n_some = 0;

	for (size_t i = 0; i < n; i++)
		if (names_records(words[i]))
			some[n_some++] = words[i];
	if (n_some == 0)
		return 0;
	c->named = naming.named = keyset_new();
	naming.found = arena_get(a, n_some * sizeof *naming.found);
	memset(naming.found, 0, n_some * sizeof *naming.found);
	if (change_selection_parse(a, some, n_some, "/", &naming.selection, e) < 0 ||
		records_each(s, 1, LEDGER_END, false, name_record, &naming, e) < 0)
		return e->code;
	return expect_named(&naming, e);
}

int rule_expect(const struct policy *p, const char *id, struct err *e)
{
	const struct rule *const *rules = policy_rules(p);
	struct suggestion near = { .typed = id };
	AUTO(buf) shown = BUF_INIT(8192);

	if (policy_rule(p, span_of(id)))
		return 0;
	for (size_t i = 0; rules[i]; i++)
		suggest_from(&near, rules[i]->id);
	escape_text(&shown, span_from(id, strnlen(id, SHOWN)));
	if (near.word)
		return err_set(e, ERR_USAGE, "no rule '%s' in the policy; did you mean '%s'?",
			buf_text(&shown), near.word);
	return err_set(e, ERR_USAGE, "no rule '%s' in the policy", buf_text(&shown));
}

/* Rules must exist; a path nobody knows may be one as we print it. */
static int put_right(struct session *s, struct arena *a, struct selector_term *t, struct err *e)
{
	bool known = false;
	struct span plain;

	if (t->what == SELECT_RULE)
		return rule_expect(s->policy, arena_text(a, t->text), e);
	if (t->what != SELECT_PATH || !key_unescaped(a, t->text, &plain))
		return 0;
	if (asked_known(s, t->text, &known, e) < 0)
		return e->code;
	if (!known)
		t->text = plain;
	return 0;
}

int chosen_parse(struct session *s, struct arena *a, const char *const *words, size_t n,
	struct chosen *ret, struct err *e)
{
	AUTO(chosen) c = { .all = n == 0 };

	if (change_selection_parse(a, words, n, path_here(a), &c.selection, e) < 0)
		return e->code;
	for (size_t i = 0; i < c.selection.n; i++)
		if (put_right(s, a, &c.selection.terms[i], e) < 0)
			return e->code;
	if (resolve(s, a, words, n, &c, e) < 0)
		return e->code;
	*ret = c;
	c.named = NULL;
	return 0;
}

struct filter {
	const struct chosen *chosen;
	record_fn *each;
	void *ctx;
};

static bool is_chosen(const struct chosen *c, const struct ledger_record *r)
{
	const struct change *x = &r->change;

	if (c->all || change_selection_holds(&c->selection, r))
		return true;
	return c->named && r->type == RECORD_CHANGE &&
	       (keyset_has(c->named, x->kind, x->key) ||
		       (x->old_key.n && keyset_has(c->named, x->kind, x->old_key)));
}

static int pass_chosen(void *ctx, const struct ledger_record *r, struct err *e)
{
	const struct filter *f = ctx;

	if (stop_asked())
		return err_set(e, ERR_INTERRUPTED, "interrupted");
	return is_chosen(f->chosen, r) ? f->each(f->ctx, r, e) : 0;
}

int drift_chosen(struct session *s, const struct chosen *c, record_fn *each, void *ctx,
	struct err *e)
{
	struct filter f = { c, each, ctx };

	return drift_each(s->store, s->policy, pass_chosen, &f, e);
}

struct last {
	struct arena *arena;
	struct ledger_record *ret;
};

static int take_coverage(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct last *last = ctx;

	(void)e;
	if (r->type != RECORD_COVERAGE)
		return 0;
	*last->ret = *r;
	last->ret->coverage.means = arena_copy(last->arena, r->coverage.means);
	last->ret->coverage.scope = arena_copy(last->arena, r->coverage.scope);
	return 1;
}

int records_last_coverage(struct session *s, struct arena *a, struct ledger_record *ret,
	struct err *e)
{
	struct last last = { a, ret };

	return records_each(s, 1, LEDGER_END, true, take_coverage, &last, e);
}

int records_append(struct session *s, struct ledger_record *r, struct err *e)
{
	AUTO(buf) body = BUF_INIT(BUF_MAX_DEFAULT);
	uint64_t seq;

	r->time = clock_now();
	ledger_record_encode(r, &body);
	return ledger_append(s->store, buf_span(&body), &seq, e);
}
