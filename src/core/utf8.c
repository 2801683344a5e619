#include "core/utf8.h"

#include "core/attr.h"

size_t utf8_next(struct span s, uint32_t *ret)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 } };
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t n = 1; n <= ARRAY_LEN(forms) && n <= s.n; n++) {
		uint32_t c = p[0] & (unsigned char)~forms[n - 1].mask;

		if ((p[0] & forms[n - 1].mask) != forms[n - 1].lead)
			continue;
		for (size_t i = 1; i < n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < forms[n - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret = c;
		return n;
	}
	return 0;
}

struct range {
	uint32_t first, last;
};

/* Unicode 15, East Asian Width W and F, put together where only unassigned code points lie between.
 */
static const struct range wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf },
	{ 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1faff }, { 0x20000, 0x3fffd } };
static const struct range combining[] = { { 0x0300, 0x036f }, { 0x0483, 0x0489 },
	{ 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x1ab0, 0x1aff }, { 0x200b, 0x200d },
	{ 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };

static bool in(const struct range *list, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= list[i].first && c <= list[i].last)
			return true;
	return false;
}

size_t utf8_columns(struct span s)
{
	size_t columns = 0;

	for (size_t n; s.n; s = span_from_offset(s, n)) {
		uint32_t c = 0;

		n = utf8_next(s, &c);
		if (c < 0x300 || n == 0)
			columns++;
		else if (!in(combining, ARRAY_LEN(combining), c))
			columns += in(wide, ARRAY_LEN(wide), c) ? 2 : 1;
		if (n == 0)
			n = 1;
	}
	return columns;
}
