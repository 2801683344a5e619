#include "core/escape.h"

#include "core/hex.h"
#include "core/utf8.h"

static bool plain_byte(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static bool control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x061c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || c == 0x2060 ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The bytes at the front of s that may be shown as they are; a backslash may. */
static size_t harmless(struct span s)
{
	size_t i = 0;

	while (i < s.n) {
		uint32_t c = 0;
		size_t n;

		if (plain_byte((unsigned char)s.p[i])) {
			i++;
			continue;
		}
		n = utf8_next(span_from_offset(s, i), &c);
		if (n == 0 || control(c))
			break;
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

/* s begins with a backslash: would a reader take it for one of ours? */
static bool looks_escaped(struct span s)
{
	uint8_t byte;

	return s.n >= 4 && s.p[1] == 'x' && hex_parse(span_from(s.p + 2, 2), &byte, 1);
}

/* What is written otherwise than escape_text does it. */
enum how {
	HOW_TEXT,
	HOW_VALUE, /* a backslash stays one where it cannot be taken for ours */
	HOW_NAME,  /* the same, and C0 80 is NUL */
};

/* bad: an escaped byte stands behind it. */
static void add_harmless(struct buf *ret, struct span s, enum how how, bool bad)
{
	const char *hit;

	while (s.n && (hit = memchr(s.p, '\\', s.n))) {
		size_t n = (size_t)(hit - s.p);

		buf_add(ret, s.p, n);
		s = span_from_offset(s, n);
		if (how == HOW_TEXT || looks_escaped(s) || (bad && s.n == 1))
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

static void escape(struct buf *ret, struct span s, enum how how)
{
	while (s.n) {
		size_t n = harmless(s), bad;
		uint32_t c;

		add_harmless(ret, span_from(s.p, n), how, n < s.n);
		s = span_from_offset(s, n);
		bad = utf8_next(s, &c);
		if (how == HOW_NAME && is_nul(s)) {
			buf_add_text(ret, "\\x00");
			s = span_from_offset(s, 2);
			continue;
		}
		if (bad == 0)
			bad = s.n > 0;
		add_hex(ret, span_from(s.p, bad));
		s = span_from_offset(s, bad);
	}
}

void escape_text(struct buf *ret, struct span s)
{
	escape(ret, s, HOW_TEXT);
}

void escape_value(struct buf *ret, struct span s)
{
	escape(ret, s, HOW_VALUE);
}

void escape_name(struct buf *ret, struct span s)
{
	escape(ret, s, HOW_NAME);
}

void escape_name_undo(struct span text, struct buf *ret)
{
	AUTO(buf) plain = BUF_INIT(ret->max);

	escape_value_undo(text, &plain);
	for (size_t i = 0; i < plain.n; i++)
		if (plain.p[i])
			buf_add_char(ret, plain.p[i]);
		else
			buf_add(ret, "\xc0\x80", 2);
	ret->full |= plain.full;
}

void escape_value_undo(struct span text, struct buf *ret)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte;

		if (text.p[i] == '\\' && looks_escaped(span_from_offset(text, i)) &&
			hex_parse(span_from(text.p + i + 2, 2), &byte, 1)) {
			buf_add_char(ret, (char)byte);
			i += 3;
		} else {
			buf_add_char(ret, text.p[i]);
		}
	}
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
