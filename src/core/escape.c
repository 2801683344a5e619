#include "core/escape.h"

#include "core/hex.h"
#include "core/utf8.h"

#define VARIANT_0 0xfe00
#define IDEOGRAPH_0 0xe0100
#define IDEOGRAPHIC_BLANK "\xe3\x80\x80" /* U+3000: as wide as a letter, so seen; not at an end */

/* What a reader does not see, or sees as something else: ascending. */
static const struct {
	uint32_t from, to;
} unseen[] = {
	{ 0x0000, 0x001f }, /* C0 */
	{ 0x007f, 0x00a0 }, /* DEL, C1, a blank that does not break */
	{ 0x00ad, 0x00ad }, /* soft hyphen */
	{ 0x034f, 0x034f }, /* combining grapheme joiner */
	{ 0x061c, 0x061c }, /* bidirectional */
	{ 0x115f, 0x1160 }, /* fillers of Hangul */
	{ 0x1680, 0x1680 }, /* blank of Ogham */
	{ 0x17b4, 0x17b5 }, /* vowels of Khmer that are not shown */
	{ 0x180b, 0x180f }, /* variation selectors of Mongolian, its vowel separator */
	{ 0x2000, 0x200f }, /* blanks, zero width, bidirectional */
	{ 0x2028, 0x202f }, /* line separators, bidirectional, a narrow blank */
	{ 0x205f, 0x206f }, /* a blank, word joiner, invisible operators, bidirectional */
	{ 0x2800, 0x2800 }, /* Braille without a dot */
	{ 0x3164, 0x3164 }, /* filler of Hangul */
	{ 0xe000, 0xf8ff }, /* for private use: whatever a font makes of it, or nothing */
	{ 0xfdd0, 0xfdef }, /* no characters */
	{ VARIANT_0, 0xfe0f }, { 0xfeff, 0xfeff }, /* byte order mark */
	{ 0xffa0, 0xffa0 },                        /* filler of Hangul, half width */
	{ 0xfff0, 0xfffb },                        /* annotations */
	{ 0xfffe, 0xffff },                        /* no characters */
	{ 0x1bca0, 0x1bca3 },                      /* shorthand */
	{ 0x1d159, 0x1d159 },                      /* a note without a head */
	{ 0x1d173, 0x1d17a },                      /* beams and slurs */
	{ 0xe0000, 0xe0fff },                      /* tags, variation selectors of ideographs */
	{ 0xf0000, 0x10ffff },                     /* for private use */
};

/* Of emoji and ideographs: ordinary in Japanese. Behind anything else they hide. */
static bool is_variant(uint32_t c, uint32_t before)
{
	return before >= 0x2190 &&
	       ((c >= VARIANT_0 && c <= 0xfe0f) || (c >= IDEOGRAPH_0 && c <= 0xe01ef));
}

static bool is_unseen(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(unseen) && unseen[i].from <= c; i++)
		if (c <= unseen[i].to)
			return true;
	return false;
}

/* The bytes at the front of s that may be shown as they are; a backslash may. */
static size_t harmless(struct span s)
{
	uint32_t before = 0;
	size_t i = 0;

	while (i < s.n) {
		uint32_t c = 0;
		size_t n = utf8_next(span_from_offset(s, i), &c);

		if (n == 0 || (is_unseen(c) && !is_variant(c, before)))
			break;
		before = c;
		i += n;
	}
	return i;
}

bool escape_needed(struct span s)
{
	return harmless(s) != s.n;
}

static void add_hex(struct buf *ret, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		buf_add(ret, "\\x", 2);
		hex_add(ret, span_from(s.p + i, 1));
	}
}

/* What is written otherwise than escape_text does it. */
enum how {
	HOW_TEXT,
	HOW_VALUE, /* a backslash stays one where it cannot be taken for ours */
	HOW_NAME,  /* the same, and C0 80 is NUL */
	HOW_FLAT,  /* no more than that */
};

static bool continues(uint8_t byte)
{
	return byte >= 0x80 && byte < 0xc0;
}

/* s begins with a backslash: would a reader take it for one of ours? Not what is shown as it is in
 * any case (\x64), and in a name of Windows no byte that only follows another (\x86): bytes that
 * belong to nothing are not found in WTF-8. */
static bool looks_escaped(struct span s, enum how how, uint8_t *ret)
{
	if (s.n < 4 || s.p[1] != 'x' || !hex_parse(span_from(s.p + 2, 2), ret, 1))
		return false;
	if (*ret > ' ' && *ret < 0x7f)
		return *ret == '\\';
	return how != HOW_NAME || !continues(*ret);
}

/* bad: an escaped byte stands behind it; torn: before it one of a character that has no end. */
static void add_harmless(struct buf *ret, struct span s, enum how how, bool bad, bool torn)
{
	const char *begin = s.p;
	const char *hit;
	uint8_t byte;

	while (s.n && (hit = memchr(s.p, '\\', s.n))) {
		size_t n = (size_t)(hit - s.p);

		buf_add(ret, s.p, n);
		s = span_from_offset(s, n);
		if (how == HOW_TEXT || how == HOW_FLAT ||
			looks_escaped(s, torn && s.p == begin ? HOW_VALUE : how, &byte) ||
			(bad && s.n == 1))
			add_hex(ret, span_from(s.p, 1));
		else
			buf_add_char(ret, '\\');
		s = span_from_offset(s, 1);
	}
	buf_add_span(ret, s);
}

static bool is_nul(struct span s)
{
	return s.n >= 2 && memcmp(s.p, "\xc0\x80", 2) == 0;
}

/* more: an escaped byte stands behind all of it. */
static void escape(struct buf *ret, struct span s, enum how how, bool more)
{
	bool torn = false;

	while (s.n) {
		size_t n = harmless(s), bad;
		uint32_t c;

		add_harmless(ret, span_from(s.p, n), how, more || n < s.n, torn);
		s = span_from_offset(s, n);
		bad = utf8_next(s, &c);
		if ((how == HOW_NAME || how == HOW_FLAT) && is_nul(s)) {
			buf_add_text(ret, "\\x00");
			s = span_from_offset(s, 2);
			continue;
		}
		torn = bad == 0;
		if (torn)
			bad = s.n > 0;
		add_hex(ret, span_from(s.p, bad));
		s = span_from_offset(s, bad);
	}
}

void escape_text(struct buf *ret, struct span s)
{
	escape(ret, s, HOW_TEXT, false);
}

void escape_value(struct buf *ret, struct span s)
{
	escape(ret, s, HOW_VALUE, false);
}

static size_t blank_in_front(struct span s)
{
	if (s.n && s.p[0] == ' ')
		return 1;
	return span_starts(s, span_of(IDEOGRAPHIC_BLANK)) ? sizeof IDEOGRAPHIC_BLANK - 1 : 0;
}

static size_t blank_behind(struct span s)
{
	size_t wide = sizeof IDEOGRAPHIC_BLANK - 1;

	if (s.n && s.p[s.n - 1] == ' ')
		return 1;
	return s.n >= wide && memcmp(s.p + s.n - wide, IDEOGRAPHIC_BLANK, wide) == 0 ? wide : 0;
}

/* Blanks at the ends are not seen either. */
static void escape_ends(struct buf *ret, struct span s, enum how how)
{
	size_t front = 0, back = 0, n;

	while ((n = blank_in_front(span_from_offset(s, front))))
		front += n;
	while ((n = blank_behind(span_from(s.p + front, s.n - front - back))))
		back += n;
	add_hex(ret, span_from(s.p, front));
	escape(ret, span_from(s.p + front, s.n - front - back), how, back > 0);
	add_hex(ret, span_from(s.p + s.n - back, back));
}

void escape_key(struct buf *ret, struct span s)
{
	escape_ends(ret, s, HOW_TEXT);
}

void escape_flat(struct buf *ret, struct span s)
{
	escape_ends(ret, s, HOW_FLAT);
}

void escape_name(struct buf *ret, struct span s)
{
	escape_ends(ret, s, HOW_NAME);
}

/* How many bytes follow this one in a character, by RFC 3629 §3. */
static unsigned followers(uint8_t byte)
{
	return byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
}

static void undo(struct span text, enum how how, struct buf *ret)
{
	unsigned follow = 0; /* bytes that the one before is still to be followed by */

	while (text.n) {
		uint8_t byte = 0;
		bool ours =
			text.p[0] == '\\' && (looks_escaped(text, follow ? HOW_VALUE : how, &byte));

		follow = !ours ? 0 : continues(byte) ? follow - (follow > 0) : followers(byte);
		if (ours && byte == 0 && how == HOW_NAME)
			buf_add(ret, "\xc0\x80", 2);
		else
			buf_add_char(ret, ours ? (char)byte : text.p[0]);
		text = span_from_offset(text, ours ? 4 : 1);
	}
}

void escape_value_undo(struct span text, struct buf *ret)
{
	undo(text, HOW_VALUE, ret);
}

void escape_name_undo(struct span text, struct buf *ret)
{
	undo(text, HOW_NAME, ret);
}

int escape_undo(struct span text, struct buf *ret, struct err *e)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte;

		if (text.p[i] != '\\') {
			buf_add_char(ret, text.p[i]);
			continue;
		}
		if (text.n - i < 4 || text.p[i + 1] != 'x' ||
			!hex_parse(span_from(text.p + i + 2, 2), &byte, 1))
			return err_set(e, ERR_FORMAT,
				"a backslash must be followed by x and two hexadecimal digits");
		buf_add_char(ret, (char)byte);
		i += 3;
	}
	return 0;
}
