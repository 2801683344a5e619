#include "change/below.h"

#include <stdlib.h>

#include "entity/key.h"
#include "entity/key_typed.h"

#define KEY_MAX ((size_t)1 << 20)

struct below_range {
	struct span low, high;
};

static int compare_low(const void *x, const void *y)
{
	const struct below_range *a = x, *b = y;

	return span_compare(a->low, b->low);
}

static void add(struct below *b, struct span low, struct span high)
{
	b->range[b->n++] =
		(struct below_range){ arena_copy(b->arena, low), arena_copy(b->arena, high) };
}

static void add_below(struct below *b, const struct kind *k, struct span folder)
{
	AUTO(buf) low = BUF_INIT(KEY_MAX);
	AUTO(buf) high = BUF_INIT(KEY_MAX);

	key_range_below(k, folder, &low, &high);
	add(b, buf_span(&low), buf_span(&high));
}

/* The path itself is a range of its own: it lies among its folder's entries. */
static int add_point(struct below *b, const struct kind *k, struct span path, struct err *e)
{
	AUTO(buf) key = BUF_INIT(KEY_MAX);
	AUTO(buf) next = BUF_INIT(KEY_MAX);

	if (!key_fits(k, path) || (k->keys == KEYS_VALUE && key_folder(k, path).n == 0))
		return 0; /* of another kind; a hive is no value */
	if (key_from_text(k, path, &key, e) < 0)
		return e->code;
	buf_add_span(&next, buf_span(&key));
	buf_add_char(&next, '\0');
	add(b, buf_span(&key), buf_span(&next));
	return 0;
}

static int add_all(struct below *b, const struct scan_options *o, const struct kind *k,
	struct err *e)
{
	if (!o->below && !o->points)
		add_below(b, k, SPAN_NONE);
	for (size_t i = 0; !k->hierarchical && o->below && i < o->n_below; i++)
		add_below(b, k, o->below[i]);
	for (size_t i = 0; k->hierarchical && o->points && i < o->n_points; i++)
		if (add_point(b, k, o->points[i], e) < 0)
			return e->code;
	for (size_t i = 0; k->hierarchical && o->below && i < o->n_below; i++) {
		if (add_point(b, k, o->below[i], e) < 0)
			return e->code;
		if (key_fits(k, o->below[i]))
			add_below(b, k, o->below[i]);
	}
	return 0;
}

static void merge(struct below *b)
{
	size_t n = 0;

	qsort(b->range, b->n, sizeof *b->range, compare_low);
	for (size_t i = 0; i < b->n; i++) {
		struct below_range *last = n ? &b->range[n - 1] : NULL;

		if (!last || span_compare(last->high, b->range[i].low) < 0)
			b->range[n++] = b->range[i];
		else if (span_compare(last->high, b->range[i].high) < 0)
			last->high = b->range[i].high;
	}
	b->n = n;
}

bool below_any(const struct scan_options *o, const struct kind *k)
{
	size_t n_below = o->below ? o->n_below : 0, n_points = o->points ? o->n_points : 0;
	bool any = n_below + n_points == 0;

	for (size_t i = 0; i < n_below; i++)
		any = any || key_fits(k, o->below[i]);
	for (size_t i = 0; i < n_points; i++)
		any = any || key_fits(k, o->points[i]);
	return (!o->below && !o->points) || (k->hierarchical && any);
}

int below_init(struct below *ret, const struct scan_options *o, const struct kind *k, struct err *e)
{
	struct below b = { .arena = arena_new() };

	b.range = arena_get(b.arena, (2 * o->n_below + o->n_points + 1) * sizeof *b.range);
	if (add_all(&b, o, k, e) < 0) {
		below_done(&b);
		return e->code;
	}
	merge(&b);
	*ret = b;
	return 0;
}

void below_done(struct below *b)
{
	arena_freep(&b->arena);
	*b = (struct below){ 0 };
}

struct span below_low(const struct below *b, size_t i)
{
	return b->range[i].low;
}

bool below_inside(const struct below *b, size_t i, struct span key)
{
	return span_compare(key, b->range[i].high) < 0;
}

/* Ranges are disjoint: only the last one that begins at or before the key can have it. */
bool below_holds(const struct below *b, struct span key)
{
	size_t from = 0, to = b->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (span_compare(b->range[at].low, key) <= 0)
			from = at + 1;
		else
			to = at;
	}
	return from > 0 && below_inside(b, from - 1, key);
}
