#include "core/fold.h"

#include "core/attr.h"
#include "core/fold_table.h"
#include "core/utf8.h"

#define NOT_TEXT 0x110000u /* + a byte that belongs to no character */

static bool continues(struct span s, size_t at)
{
	return at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80;
}

/* What UTF-8 has not and WTF-8 has: C0 80, and surrogates. */
static size_t wide_next(struct span s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (p[0] == 0xC0 && s.n >= 2 && p[1] == 0x80) {
		*ret = 0;
		return 2;
	}
	if (p[0] == 0xED && s.n >= 3 && p[1] >= 0xA0 && continues(s, 1) && continues(s, 2)) {
		*ret = 0xD000u | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
		return 3;
	}
	*ret = NOT_TEXT + p[0];
	return 1;
}

/* Letters beyond the first 65,536 characters are pairs of units, which stay as they are. */
static uint32_t upper(uint32_t c)
{
	size_t low = 0, high = ARRAY_LEN(fold_runs);

	while (low < high) {
		size_t at = (low + high) / 2;
		const struct fold_run *r = &fold_runs[at];

		if (c < r->first)
			high = at;
		else if (c > r->last)
			low = at + 1;
		else if ((c - r->first) % r->step)
			return c;
		else
			return (uint32_t)((int32_t)c + r->shift);
	}
	return c;
}

uint32_t fold_next(struct span *s)
{
	unsigned char first = (unsigned char)s->p[0];
	uint32_t c = first;
	size_t n = 1;

	if (first >= 0x80) {
		n = utf8_next(*s, &c);
		if (n == 0)
			n = wide_next(*s, &c);
		c = upper(c);
	} else if (first >= 'a' && first <= 'z') {
		c = first - 'a' + 'A';
	}
	*s = span_from_offset(*s, n);
	return c;
}

bool fold_starts(struct span s, struct span prefix, struct span *ret_rest)
{
	while (prefix.n)
		if (s.n == 0 || fold_next(&s) != fold_next(&prefix))
			return false;
	if (ret_rest)
		*ret_rest = s;
	return true;
}

bool fold_same(struct span a, struct span b)
{
	struct span rest;

	return fold_starts(a, b, &rest) && rest.n == 0;
}

int fold_compare(struct span a, struct span b)
{
	while (a.n && b.n) {
		uint32_t x = fold_next(&a), y = fold_next(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n ? 1 : b.n ? -1 : 0;
}

uint32_t fold_hash(struct span s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80)
			continue;
		if (c >= 'a' && c <= 'z')
			c = (unsigned char)(c - 'a' + 'A');
		h = (h ^ c) * 16777619u;
	}
	return h;
}
