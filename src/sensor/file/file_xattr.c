#include "sensor/file/file_xattr.h"

#include <stdlib.h>

#include "core/cbor.h"

/* Bytewise order of encoded keys: the head has the length first, so shorter names come first. */
static int compare_names(struct span a, struct span b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return span_compare(a, b);
}

static int compare(const void *a, const void *b)
{
	const struct file_xattr *x = a, *y = b;
	int order = compare_names(x->name, y->name);

	return order ? order : span_compare(x->value, y->value);
}

static size_t drop_repeated(struct file_xattr *x, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !span_same(x[kept - 1].name, x[i].name))
			x[kept++] = x[i];
	return kept;
}

void file_xattr_map(struct file_xattr *x, size_t n, struct buf *ret)
{
	if (n > 1)
		qsort(x, n, sizeof *x, compare);
	n = drop_repeated(x, n);
	cbor_put_map(ret, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_bytes(ret, x[i].name);
		cbor_put_bytes(ret, x[i].value);
	}
}
