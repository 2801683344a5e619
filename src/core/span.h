/* Bytes seen: a view into memory somebody else owns. May hold any byte, NUL too. */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN_NONE ((struct span){ NULL, 0 })
#define SPAN_ARG(s) (int)(s).n, (s).p /* for "%.*s"; only for text known to be printable */

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline struct span span_from(const void *p, size_t n)
{
	return (struct span){ (const char *)p, n };
}

static inline bool span_same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return span_same(a, span_of(text));
}

/* Bytewise order, a prefix before what it begins. <0, 0, >0. */
static inline int span_compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	if (r)
		return r;
	return a.n < b.n ? -1 : a.n > b.n;
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline struct span span_from_offset(struct span s, size_t at)
{
	return at >= s.n ? (struct span){ s.p + s.n, 0 } : (struct span){ s.p + at, s.n - at };
}

/* The first place of `what` in s; NULL: nowhere. */
static inline const char *span_find(struct span s, struct span what)
{
	for (size_t i = 0; what.n && what.n <= s.n && i <= s.n - what.n; i++)
		if (s.p[i] == what.p[0] && memcmp(s.p + i, what.p, what.n) == 0)
			return s.p + i;
	return NULL;
}

/* The last place of a byte; NULL: nowhere. */
static inline const char *span_last(struct span s, char c)
{
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == c)
			return s.p + i;
	return NULL;
}

/* Take what stands before the next `sep` (or all that is left) off the front of *rest. False when
 * nothing is left; rest->p is NULL after the last piece, so an empty last piece is still seen. */
static inline bool span_cut(struct span *rest, char sep, struct span *ret)
{
	const char *hit;

	if (!rest->p)
		return false;
	hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	if (!hit) {
		*ret = *rest;
		*rest = SPAN_NONE;
		return true;
	}
	*ret = (struct span){ rest->p, (size_t)(hit - rest->p) };
	rest->n -= ret->n + 1;
	rest->p = hit + 1;
	return true;
}

/* Decimal digits and nothing else, 19 of them at most: what 64 bits hold for certain. */
static inline bool span_number(struct span s, uint64_t *ret)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 19)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret = n;
	return true;
}

#endif
