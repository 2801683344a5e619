#include "store/delta.h"

enum { NIBBLE_MORE = 15 };

void delta_put_number(struct buf *b, uint64_t n)
{
	char bytes[10];
	size_t i = 0;

	for (; n > 127; n >>= 7)
		bytes[i++] = (char)(n | 128);
	bytes[i++] = (char)n;
	buf_add(b, bytes, i);
}

bool delta_get_number(const char **p, const char *end, uint64_t *ret)
{
	uint64_t n = 0;

	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*(*p)++;

		n |= (uint64_t)(c & 127) << shift;
		if (c < 128) {
			*ret = n;
			return true;
		}
	}
	return false;
}

size_t delta_common(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	uint64_t x, y;

	for (; i + 8 <= n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			break;
	}
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* How many bytes from here are better spelled out: until two in a row are as they were, or all to
 * the end. */
static size_t fresh(struct span was, struct span is, size_t at)
{
	size_t both = was.n < is.n ? was.n : is.n;
	size_t i = at;

	for (; i < both; i++)
		if (was.p[i] == is.p[i] &&
			(i + 1 == is.n || (i + 1 < both && was.p[i + 1] == is.p[i + 1])))
			return i - at;
	return is.n - at;
}

static void put_step(struct buf *b, size_t same, struct span new)
{
	unsigned high = same < NIBBLE_MORE ? (unsigned)same : NIBBLE_MORE;
	unsigned low = new.n < NIBBLE_MORE ? (unsigned)new.n : NIBBLE_MORE;

	buf_add_char(b, (char)(high << 4 | low));
	if (high == NIBBLE_MORE)
		delta_put_number(b, same - NIBBLE_MORE);
	if (low == NIBBLE_MORE)
		delta_put_number(b, new.n - NIBBLE_MORE);
	buf_add_span(b, new);
}

void delta_put(struct buf *b, struct span was, struct span is)
{
	size_t both = was.n < is.n ? was.n : is.n;
	size_t at = 0;

	delta_put_number(b, is.n);
	while (at < is.n) {
		size_t same = at < both ? delta_common(was.p + at, is.p + at, both - at) : 0;
		size_t new = fresh(was, is, at + same);

		put_step(b, same, (struct span){ is.p + at + same, new });
		at += same + new;
	}
}

static bool get_step(const char **p, const char *end, uint64_t *ret_same, uint64_t *ret_new)
{
	unsigned char step;
	uint64_t more = 0;

	if (*p == end)
		return false;
	step = (unsigned char)*(*p)++;
	*ret_same = step >> 4;
	*ret_new = step & 15;
	if (*ret_same == NIBBLE_MORE) {
		if (!delta_get_number(p, end, &more) || more > UINT32_MAX)
			return false;
		*ret_same += more;
	}
	if (*ret_new == NIBBLE_MORE) {
		if (!delta_get_number(p, end, &more) || more > UINT32_MAX)
			return false;
		*ret_new += more;
	}
	return *ret_same + *ret_new > 0;
}

bool delta_get(const char **p, const char *end, struct buf *value)
{
	uint64_t n = 0, same = 0, new = 0;
	size_t was = value->n, at = 0;

	if (!delta_get_number(p, end, &n) || n > value->max)
		return false;
	if (n > was && !buf_room(value, (size_t)n - was))
		return false;
	while (at < n) {
		if (!get_step(p, end, &same, &new) || same + new > n - at ||
			(same && at + same > was) || new > (uint64_t)(end - *p))
			return false;
		at += (size_t)same;
		if (new)
			memcpy(value->p + at, *p, (size_t) new);
		*p += new;
		at += (size_t) new;
	}
	value->n = (size_t)n;
	return true;
}
