#include "entity/list.h"

#include <stdlib.h>

void record_set_list(struct record *r, unsigned field, struct arena *a, const struct span *items,
	size_t n)
{
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	cbor_put_array(&b, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_bytes(&b, items[i]);
	record_set_bytes(r, field, arena_copy(a, buf_span(&b)));
}

static int compare_items(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	return span_compare(*a, *b);
}

void record_set_set(struct record *r, unsigned field, struct arena *a, struct span *items, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(items, n, sizeof *items, compare_items);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !span_same(items[kept - 1], items[i]))
			items[kept++] = items[i];
	record_set_list(r, field, a, items, kept);
}

struct list list_of(struct span value)
{
	struct list l = { .at = cbor_of(value) };
	struct err e;

	if (cbor_get_array(&l.at, &l.left, &e) < 0)
		l.left = 0;
	return l;
}

bool list_next(struct list *l, struct span *ret)
{
	struct err e;

	if (l->left == 0 || cbor_get_bytes(&l->at, ret, &e) < 0)
		return false;
	l->left--;
	return true;
}
