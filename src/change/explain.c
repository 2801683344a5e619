#include "change/explain.h"

#include "change/expect.h"
#include "change/keys.h"

#define KEY_MAX ((size_t)1 << 20)

static int read_key(struct arena *a, struct span stored, const struct kind **ret_kind,
	struct span *ret, struct err *e)
{
	AUTO(buf) text = BUF_INIT(KEY_MAX);

	if (stored_key_text(stored, ret_kind, &text, e) < 0)
		return e->code;
	*ret = arena_copy(a, buf_span(&text));
	return 0;
}

static int read_side(struct arena *a, const struct kind *k, struct span key,
	const struct side *side, struct record **ret, struct err *e)
{
	struct record *r;

	if (!side->known)
		return 0;
	r = record_new(a, k);
	r->key = key;
	if (record_decode(arena_copy(a, side->shared), arena_copy(a, side->local), r, e) < 0)
		return e->code;
	*ret = r;
	return 0;
}

/* A scan sees what is, not who did it. */
static void judge(struct arena *a, const struct lens *l, struct change *c)
{
	struct view view;
	const struct rule *rule;
	struct span *tags;

	lens_look(l, c->is ? c->is : c->was, &view);
	/* That it moved weighs more than what differs. */
	rule = expect_rule(&view, c->was, c->is, c->type == CHANGE_RENAMED ? 0 : c->fields);
	c->verdict = VERDICT_UNEXPLAINED;
	c->who_unknown = span_of("seen by a scan, not as it happened");
	if (!rule)
		return;
	c->rule = span_of(rule->id);
	c->severity = rule->severity;
	while (rule->tags[c->n_tags])
		c->n_tags++;
	c->tags = tags = arena_get(a, (c->n_tags + 1) * sizeof *tags);
	for (size_t i = 0; i < c->n_tags; i++)
		tags[i] = span_of(rule->tags[i]);
}

int explain(struct arena *a, const struct lens *l, const struct proofs *proofs,
	const struct finding *x, struct ledger_record *ret, struct err *e)
{
	static const enum change_type types[FOUND_TYPE_N] = {
		[FOUND_CREATED] = CHANGE_CREATED,
		[FOUND_UPDATED] = CHANGE_UPDATED,
		[FOUND_DELETED] = CHANGE_DELETED,
		[FOUND_RENAMED] = CHANGE_RENAMED,
		[FOUND_FOLDED] = CHANGE_TYPE_N,
		[FOUND_LEFT] = CHANGE_TYPE_N,
		[FOUND_QUIET] = CHANGE_TYPE_N,
		[FOUND_DROPPED] = CHANGE_TYPE_N,
	};
	struct change c = { .type = types[x->type], .observed = OBSERVED_SCAN };
	const struct kind *old_kind;

	if (c.type == CHANGE_TYPE_N)
		return 0;
	c.fields = x->fields;
	c.subtree = x->subtree;
	if (read_key(a, x->key, &c.kind, &c.key, e) < 0)
		return e->code;
	if (x->old_key.n && read_key(a, x->old_key, &old_kind, &c.old_key, e) < 0)
		return e->code;
	if (read_side(a, c.kind, x->old_key.n ? c.old_key : c.key, &x->was, &c.was, e) < 0 ||
		read_side(a, c.kind, c.key, &x->is, &c.is, e) < 0)
		return e->code;
	judge(a, l, &c);
	if (proofs_get(proofs, x->key, &c.proof))
		c.verdict = VERDICT_EXPLAINED;
	*ret = (struct ledger_record){ .type = RECORD_CHANGE, .change = c };
	return 1;
}
