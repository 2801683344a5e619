#include "core/wtf8.h"

#include "core/utf8.h"

#define REPLACEMENT 0xfffd

static bool is_high(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

/* The code point that starts at units[*at]: a pair is one, a lone half itself. */
static uint32_t next_of(const uint16_t *units, size_t n, size_t *at)
{
	uint32_t c = units[(*at)++];

	if (is_high(c) && *at < n && is_low(units[*at]))
		c = 0x10000 + ((c - 0xd800) << 10) + (units[(*at)++] - 0xdc00u);
	return c;
}

static size_t bytes_of(uint32_t c)
{
	if (c == 0)
		return 2; /* C0 80 */
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

size_t wtf8_bytes(const uint16_t *units, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n;)
		bytes += bytes_of(next_of(units, n, &i));
	return bytes;
}

static char *put(char *at, uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = bytes_of(c);

	if (n == 1) {
		*at++ = (char)c;
		return at;
	}
	*at++ = (char)(lead[n] | c >> (6 * (n - 1)));
	for (size_t i = n - 1; i-- > 0;)
		*at++ = (char)(0x80 | (c >> (6 * i) & 0x3f));
	return at;
}

void wtf8_add(struct buf *ret, const uint16_t *units, size_t n)
{
	size_t bytes = wtf8_bytes(units, n);
	char *at = buf_room(ret, bytes);

	if (!at)
		return;
	for (size_t i = 0; i < n;)
		at = put(at, next_of(units, n, &i));
	ret->n += bytes;
}

/* One half of a pair in its three bytes (ED A0 80 … ED BF BF). */
static bool half_at(struct span s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 3 || p[0] != 0xed || p[1] < 0xa0 || p[1] > 0xbf || (p[2] & 0xc0) != 0x80)
		return false;
	*ret = 0xd000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return true;
}

/* The code point at the front of s, its length in bytes; 0: it is not of this form. `was_high`: a
 * high half in three bytes stands before. */
static size_t next_in(struct span s, bool was_high, uint32_t *ret)
{
	size_t n = utf8_next(s, ret);

	if (n > 0)
		return *ret == 0 ? 0 : n;
	if (s.n >= 2 && s.p[0] == (char)0xc0 && s.p[1] == (char)0x80) {
		*ret = 0;
		return 2;
	}
	if (half_at(s, ret) && !(was_high && is_low(*ret)))
		return 3;
	return 0;
}

size_t wtf8_units(struct span text, uint16_t *ret)
{
	uint16_t *at = ret;
	bool was_high = false;

	while (text.n > 0) {
		uint32_t c = 0;
		size_t n = next_in(text, was_high, &c);

		if (n == 0) {
			n = 1;
			c = REPLACEMENT;
		}
		if (c >= 0x10000) {
			*at++ = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
			*at++ = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			*at++ = (uint16_t)c;
		}
		was_high = is_high(c);
		text = span_from_offset(text, n);
	}
	return (size_t)(at - ret);
}

bool wtf8_is(struct span text)
{
	bool was_high = false;

	while (text.n > 0) {
		uint32_t c = 0;
		size_t n = next_in(text, was_high, &c);

		if (n == 0)
			return false;
		was_high = is_high(c);
		text = span_from_offset(text, n);
	}
	return true;
}
