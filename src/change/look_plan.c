#include "change/look_plan.h"

#include <stdlib.h>
#include <string.h>

#include "change/keys.h"
#include "change/owner.h"
#include "change/scan.h"
#include "entity/file.h"
#include "entity/key.h"

#define KEY_MAX ((size_t)1 << 20)

struct look_entry {
	struct span key; /* stored; of a whole kind its first byte alone */
	size_t look;
};

void key_list_add(struct key_list *l, struct arena *a, struct span key)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct span *more = arena_get(a, cap * sizeof *more);

		if (l->n)
			memcpy(more, l->key, l->n * sizeof *more);
		l->key = more;
		l->cap = cap;
	}
	l->key[l->n++] = arena_copy(a, key);
}

/* ---- what to look at ---- */

static int by_key(const void *x, const void *y)
{
	const struct look_entry *a = x, *b = y;
	int order = span_compare(a->key, b->key);

	return order ? order : (a->look > b->look) - (a->look < b->look);
}

/* All of a hierarchical kind is what lies below "/". */
static struct span path_of(const struct look_again *x)
{
	return x->key.n ? x->key : span_of("/");
}

static bool is_below(const struct look_again *x)
{
	return x->below || x->key.n == 0;
}

static int stored_key_of(const struct look_again *x, struct arena *a, struct span *ret,
	struct err *e)
{
	AUTO(buf) key = BUF_INIT(KEY_MAX);

	if (key_from_text(x->kind, x->kind->hierarchical ? path_of(x) : x->key, &key, e) < 0)
		return err_prefix(e, "what is to be looked at: ");
	*ret = arena_copy(a, buf_span(&key));
	return 0;
}

/* The entries with this key: from *ret_from on; how many. */
static size_t find(const struct look_plan *p, struct span key, size_t *ret_from)
{
	size_t from = 0, to = p->n, n = 0;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (span_compare(p->entry[at].key, key) < 0)
			from = at + 1;
		else
			to = at;
	}
	while (from + n < p->n && span_same(p->entry[from + n].key, key))
		n++;
	*ret_from = from;
	return n;
}

/* Some look at this very key goes below it. */
static bool goes_below(const struct look_plan *p, struct span key)
{
	size_t from, n = find(p, key, &from);

	for (size_t i = 0; i < n; i++)
		if (is_below(&p->looks[p->entry[from + i].look]))
			return true;
	return false;
}

static bool lies_inside(const struct look_plan *p, struct span key, struct buf *a, struct buf *b)
{
	buf_clear(a);
	buf_add_span(a, key);
	while (stored_key_parent(buf_span(a), b)) {
		struct buf swap = *a;

		*a = *b;
		*b = swap;
		if (goes_below(p, buf_span(a)))
			return true;
	}
	return false;
}

/* A flat kind of which every look is at what begins with something. */
static bool in_parts(const struct look_plan *p, const struct kind *k)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].kind == k && (!p->looks[i].below || p->looks[i].key.n == 0))
			return false;
	return scan_parts(sensors, k);
}

/* Looks come in the order of keys, so that both lists do. */
static void sort_out(struct look_plan *p, struct arena *arena)
{
	AUTO(buf) a = BUF_INIT(KEY_MAX);
	AUTO(buf) b = BUF_INIT(KEY_MAX);

	for (size_t i = 0; i < p->n; i++) {
		const struct look_again *x = &p->looks[p->entry[i].look];
		struct target *t = &p->target[x->kind->id];

		if (!x->kind->hierarchical && !in_parts(p, x->kind)) {
			p->flat |= UINT64_C(1) << x->kind->id;
			continue;
		}
		if (!t->kind) {
			t->kind = x->kind;
			t->below = arena_get(arena, p->n * sizeof *t->below);
			t->points = arena_get(arena, p->n * sizeof *t->points);
		}
		if ((i && span_same(p->entry[i - 1].key, p->entry[i].key)) ||
			lies_inside(p, p->entry[i].key, &a, &b))
			continue;
		if (goes_below(p, p->entry[i].key))
			t->below[t->n_below++] = path_of(x);
		else
			t->points[t->n_points++] = path_of(x);
	}
}

static int make_entries(struct look_plan *p, struct arena *a, struct err *e)
{
	p->entry = arena_get(a, (p->n + 1) * sizeof *p->entry);
	for (size_t i = 0; i < p->n; i++) {
		p->entry[i].look = i;
		if (stored_key_of(&p->looks[i], a, &p->entry[i].key, e) < 0)
			return e->code;
	}
	qsort(p->entry, p->n, sizeof *p->entry, by_key);
	return 0;
}

int plan_make(struct look_plan *ret, struct arena *a, const struct look_again *looks, size_t n,
	struct err *e)
{
	struct look_plan p = { .looks = looks, .n = n };

	if (make_entries(&p, a, e) < 0)
		return e->code;
	sort_out(&p, a);
	*ret = p;
	return 0;
}

int plan_add(struct look_plan *p, struct arena *a, const struct look_again *looks, size_t n,
	struct err *e)
{
	struct look_again *all = arena_get(a, (p->n + n) * sizeof *all);
	struct look_plan more = *p;

	memcpy(all, p->looks, p->n * sizeof *all);
	memcpy(all + p->n, looks, n * sizeof *all);
	more.looks = all;
	more.n = p->n + n;
	if (make_entries(&more, a, e) < 0)
		return e->code;
	*p = more;
	return 0;
}

void plan_forget(struct look_plan *p)
{
	for (size_t i = 0; i < KIND_IDS; i++)
		p->target[i].hollow = p->target[i].deep = (struct key_list){ 0 };
}

void plan_options(const struct target *t, struct scan_options *ret)
{
	ret->below = t->n_below ? t->below : NULL;
	ret->n_below = t->n_below;
	ret->points = t->n_points ? t->points : NULL;
	ret->n_points = t->n_points;
}

/* ---- whom it is put down to ---- */

/* Of the looks at this key (below: of those that go below it) the last one that knows who, or else
 * the last one. But where all of a tree may be another one, and nobody knows by whom (a mount), who
 * touched something in it is not who brought it. */
static const struct look_again *choose(const struct look_plan *p, struct span key, bool below)
{
	const struct look_again *ret = NULL;
	size_t from, n = find(p, key, &from);

	for (size_t i = 0; i < n; i++) {
		const struct look_again *x = &p->looks[p->entry[from + i].look];

		if (below && !is_below(x))
			continue;
		if (x->kind->hierarchical && is_below(x) && !x->who.n)
			return x;
		if (!ret || x->who.n || !ret->who.n)
			ret = x;
	}
	return ret;
}

/* The nearest look above that goes below; where none does, one at what was a folder. */
static const struct look_again *choose_above(const struct look_plan *p, struct span stored,
	bool folders)
{
	AUTO(buf) key = BUF_INIT(KEY_MAX);
	AUTO(buf) above = BUF_INIT(KEY_MAX);
	const struct look_again *at, *point = NULL;

	buf_add_span(&key, stored);
	while (stored_key_above(buf_span(&key), &above)) {
		struct buf swap = key;

		key = above;
		above = swap;
		at = choose(p, buf_span(&key), true);
		if (at)
			return at;
		if (!point && folders)
			point = choose(p, buf_span(&key), false);
	}
	return point;
}

/* Nobody told of this one: it was seen because all of its kind was looked at. */
static const struct look_again *any_of(const struct look_plan *p, const struct kind *k)
{
	const struct look_again *ret = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].kind == k)
			ret = &p->looks[i];
	return ret;
}

static const struct look_again *cover(const struct look_plan *p, const struct change *c,
	bool *ret_told)
{
	AUTO(buf) stored = BUF_INIT(KEY_MAX);
	const struct look_again *x = NULL;
	struct err e;

	/* Of what moved, where it is tells more than where it was. */
	if (key_from_text(c->kind, c->key, &stored, &e) == 0)
		x = choose(p, buf_span(&stored), false);
	if (!x)
		x = choose_above(p, buf_span(&stored), c->kind->hierarchical);
	buf_clear(&stored);
	if (!x && c->old_key.n && key_from_text(c->kind, c->old_key, &stored, &e) == 0)
		x = choose(p, buf_span(&stored), false);
	*ret_told = x != NULL;
	return x ? x : any_of(p, c->kind);
}

/* The looks at the same key name more processes: the change may be any of theirs. */
static void add_others(const struct look_plan *p, struct arena *a, const struct look_again *x,
	struct who *who)
{
	struct err e;
	struct span key, known = x->who;
	size_t from, n;

	if (stored_key_of(x, a, &key, &e) < 0)
		return;
	n = find(p, key, &from);
	for (size_t i = n; i-- > 0;) {
		struct span other = p->looks[p->entry[from + i].look].who;
		struct who earlier;

		if (!other.n || span_same(other, known) || span_same(other, x->who) ||
			who_decode(other, a, &earlier, &e) < 0)
			continue;
		known = other;
		who_merge(who, &earlier, a, who);
	}
}

/* What was made where something was just mounted, before that was listened to: any may have. */
static bool is_nobodys(const struct look_again *x, const struct change *c)
{
	return x->before && c->kind == &kind_file && c->is && !span_same(c->key, x->key) &&
	       record_has(c->is, FILE_CTIME) && c->is->v[FILE_CTIME].time >= x->before;
}

void plan_attribute(const struct look_plan *p, struct arena *a, struct who_memo *whos,
	struct change *c)
{
	bool told = false;
	const struct look_again *x = cover(p, c, &told);
	const struct who *known;
	const char *why;
	struct err ignored;
	struct who *who;

	if (!x)
		return;
	c->observed = x->observed;
	c->happened = x->happened;
	c->who_unknown = told ? owner_why(c, x->who_unknown) : span_of(OWNER_NOBODY_TOLD);
	if (!told || !x->who.n)
		return;
	if (is_nobodys(x, c)) {
		c->who_unknown = span_of("it was made as this was mounted, before that was heard");
		return;
	}
	if (who_recall(whos, x->who, &known, &ignored) < 0) {
		c->who_unknown = span_of("what was told of it cannot be read");
		return;
	}
	who = arena_get(a, sizeof *who);
	*who = *known;
	add_others(p, a, x, who);
	if (who->part == WHO_NAMED)
		who->part = WHO_TOUCHED;
	why = owner_settle(c, a, who);
	if (why) {
		c->who_unknown = span_of(why);
		return;
	}
	c->who = who;
	c->who_unknown = SPAN_NONE;
}
