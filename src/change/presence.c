#include "change/presence.h"

#include "change/below.h"
#include "change/expect.h"
#include "change/keys.h"
#include "core/glob.h"
#include "entity/key.h"

#define KEY_MAX ((size_t)1 << 20)

/* ---- where to look ---- */

/* The base itself; where a part is a pattern, the folder that is in. Where case means nothing the
 * stored key may be written otherwise: all of the kind. */
static int base_path(struct arena *a, const struct kind *k, const char *base, struct span *ret,
	struct err *e)
{
	AUTO(buf) path = BUF_INIT(KEY_MAX);
	struct glob_section *section;
	size_t n;

	*ret = span_of("/");
	if (key_is_windows(k, span_of(base)))
		return 0;
	if (glob_compile(a, span_of(base), &section, &n, e) < 0)
		return e->code;
	for (size_t i = 0; i < n && section[i].how == GLOB_LITERAL; i++) {
		buf_add_char(&path, '/');
		buf_add_span(&path, section[i].text);
	}
	if (path.n)
		*ret = arena_copy(a, buf_span(&path));
	return 0;
}

static size_t count_bases(const struct rule *rule)
{
	size_t n = 0;

	while (rule->bases[n])
		n++;
	return n;
}

/* The ranges of keys at and below the bases of `rules`; all of a kind that has no bases. */
static int find_ranges(const struct kind *k, const struct rule *const *rules, size_t n,
	struct below *ret, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct scan_options o = { 0 };
	struct span *paths;
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		most += count_bases(rules[i]);
	paths = arena_get(a, (most + 1) * sizeof *paths);
	for (size_t i = 0; i < n; i++)
		for (size_t b = 0; rules[i]->bases[b]; b++)
			if (base_path(a, k, rules[i]->bases[b], &paths[o.n_below++], e) < 0)
				return e->code;
	o.below = k->hierarchical ? paths : NULL;
	return below_init(ret, &o, k, e);
}

/* ---- what is there ---- */

struct look {
	const struct policy *policy;
	const struct rule *rule; /* this one; NULL: any that expects nothing to be there */
	struct buf text;
};

static void look_done(struct look *l)
{
	buf_done(&l->text);
}

static bool is_meant(const struct look *l, const struct selection *s)
{
	if (!l->rule)
		return expect_absent(s);
	for (unsigned i = 0; i < s->n; i++)
		if (s->rule[i] == l->rule)
			return true;
	return false;
}

/* The key decides for nearly all; the record is taken apart only for rules with tests. */
static int holds(struct look *l, const struct tree_entry *entry, struct err *e)
{
	struct record r = { 0 };
	struct selection s;

	if (stored_key_text(entry->key, &r.kind, &l->text, e) < 0)
		return e->code;
	r.key = buf_span(&l->text);
	if (!policy_select(l->policy, r.kind, r.key, NULL, &s) || !is_meant(l, &s))
		return 0;
	if (!s.tentative)
		return 1;
	if (record_decode(entry->shared, entry->local, &r, e) < 0)
		return e->code;
	return policy_select(l->policy, r.kind, r.key, &r, &s) && is_meant(l, &s);
}

/* Each entry of the ranges; not 0 from `each` ends it. */
static int walk(struct store *s, const struct tree_root *root, const struct below *below,
	int (*each)(void *ctx, const struct tree_entry *entry, struct err *e), void *ctx,
	struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	struct tree_entry entry;
	int r;

	if (tree_cursor_open(&cursor, s, root, e) < 0)
		return e->code;
	for (size_t i = 0; i < below->n; i++) {
		if (tree_cursor_seek(cursor, below_low(below, i), e) < 0)
			return e->code;
		while ((r = tree_cursor_next(cursor, &entry, e)) > 0 &&
			below_inside(below, i, entry.key)) {
			r = each(ctx, &entry, e);
			if (r != 0)
				return r;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- what should not be there ---- */

struct absent {
	struct look now, before; /* before.policy NULL: there was none */
	int (*each)(void *ctx, const struct tree_entry *entry, struct err *e);
	void *ctx;
};

static void absent_done(struct absent *a)
{
	look_done(&a->now);
	look_done(&a->before);
}

static int each_absent(void *ctx, const struct tree_entry *entry, struct err *e)
{
	struct absent *a = ctx;
	int r = holds(&a->now, entry, e);

	if (r <= 0)
		return r;
	r = a->before.policy ? holds(&a->before, entry, e) : 0;
	return r ? (r < 0 ? r : 0) : a->each(a->ctx, entry, e);
}

static size_t choose_absent(const struct policy *p, const struct kind *k, const struct rule **ret)
{
	const struct rule *const *all = policy_rules(p);
	size_t n = 0;

	for (size_t i = 0; all[i]; i++) {
		if (all[i]->kind != k || all[i]->expect != EXPECT_ABSENT)
			continue;
		if (ret)
			ret[n] = all[i];
		n++;
	}
	return n;
}

static int absent_of_kind(struct absent *a, struct store *s, const struct tree_root *root,
	const struct kind *k, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(below) below = { 0 };
	size_t n = choose_absent(a->now.policy, k, NULL);
	const struct rule **rules = arena_get(arena, (n + 1) * sizeof *rules);

	if (n == 0)
		return 0;
	choose_absent(a->now.policy, k, rules);
	if (find_ranges(k, rules, n, &below, e) < 0)
		return e->code;
	return walk(s, root, &below, each_absent, a, e);
}

int presence_absent(struct store *s, const struct tree_root *root, const struct lens *l,
	int (*each)(void *ctx, const struct tree_entry *entry, struct err *e), void *ctx,
	struct err *e)
{
	AUTO(absent) a = { .each = each, .ctx = ctx };
	int r = 0;

	a.now = (struct look){ l->now, NULL, BUF_INIT(KEY_MAX) };
	a.before = (struct look){ l->before, NULL, BUF_INIT(KEY_MAX) };
	for (size_t i = 0; kinds[i] && r == 0; i++)
		r = absent_of_kind(&a, s, root, kinds[i], e);
	return r;
}

/* ---- what should be there ---- */

static int each_held(void *ctx, const struct tree_entry *entry, struct err *e)
{
	return holds(ctx, entry, e);
}

int presence_held(struct store *s, const struct tree_root *root, const struct policy *p,
	const struct rule *rule, struct err *e)
{
	AUTO(look) look = { p, rule, BUF_INIT(KEY_MAX) };
	AUTO(below) below = { 0 };

	if (find_ranges(rule->kind, &rule, 1, &below, e) < 0)
		return e->code;
	return walk(s, root, &below, each_held, &look, e);
}

static int each_gap(void *ctx, const struct gap *gap, struct err *e)
{
	AUTO(buf) key = BUF_INIT(KEY_MAX);

	if (key_from_text(gap->kind, gap->key, &key, e) < 0)
		return e->code;
	return below_holds(ctx, buf_span(&key));
}

int presence_seen(const struct rule *rule, const struct scan_options *o, struct gaps *g,
	struct err *e)
{
	AUTO(below) asked = { 0 };
	AUTO(below) below = { 0 };
	int r = 0;

	if ((o->kind && o->kind != rule->kind) || (o->below && !rule->kind->hierarchical))
		return 0;
	if (below_init(&asked, o, rule->kind, e) < 0 ||
		find_ranges(rule->kind, &rule, 1, &below, e) < 0)
		return e->code;
	for (size_t i = 0; i < below.n && r == 0; i++) {
		if (!below_holds(&asked, below_low(&below, i)))
			return 0;
		r = gaps_cover(g, below_low(&below, i), e);
	}
	if (r == 0)
		r = gaps_each(g, each_gap, &below, e);
	return r < 0 ? r : r == 0;
}
