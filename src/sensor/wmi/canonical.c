#include "sensor/wmi/canonical.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hex.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "sensor/wmi/path.h"

/* ---- texts ---- */

/* The three bytes of a surrogate in WTF-8: ED A0..BF 80..BF. */
static bool is_surrogate(struct span s, unsigned *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 3 || p[0] != 0xed || p[1] < 0xa0 || p[1] > 0xbf || (p[2] & 0xc0) != 0x80)
		return false;
	*ret = 0xd000u | (unsigned)(p[1] & 0x3f) << 6 | (p[2] & 0x3fu);
	return true;
}

static size_t add_character(struct span s, struct buf *ret)
{
	uint32_t c;
	unsigned unit;
	size_t n = utf8_next(s, &c);

	if (n == 0 && s.n > 1 && memcmp(s.p, "\xc0\x80", 2) == 0) { /* NUL, os/windows/wide.h */
		buf_add_text(ret, "\\u0000");
		return 2;
	}
	if (n == 0 && is_surrogate(s, &unit)) {
		buf_addf(ret, "\\u%04x", unit);
		return 3;
	}
	if (n == 0) { /* what wide_to_text never makes: its byte, where no character stands */
		buf_addf(ret, "\\udc%02x", (unsigned)(unsigned char)s.p[0]);
		return 1;
	}
	if (c == '"' || c == '\\')
		buf_add_char(ret, '\\');
	if (c < 0x20 || c == 0x7f)
		buf_addf(ret, "\\u%04x", (unsigned)c);
	else
		buf_add(ret, s.p, n);
	return n;
}

void canonical_text(struct span text, struct buf *ret)
{
	buf_add_char(ret, '"');
	while (text.n)
		text = span_from_offset(text, add_character(text, ret));
	buf_add_char(ret, '"');
}

/* ---- numbers ---- */

static void add_integer(unsigned type, int64_t n, struct buf *ret)
{
	switch (type) {
	case ROW_SINT8:
		n = (int8_t)n;
		break;
	case ROW_SINT16:
		n = (int16_t)n;
		break;
	case ROW_SINT32:
		n = (int32_t)n;
		break;
	case ROW_UINT8:
		n = (uint8_t)n;
		break;
	case ROW_UINT16:
	case ROW_CHAR16:
		n = (uint16_t)n;
		break;
	case ROW_UINT32:
		n = (uint32_t)n;
		break;
	default:
		break;
	}
	buf_addf(ret, "%" PRId64, n);
}

static void add_real(unsigned type, double x, struct buf *ret)
{
	int most = type == ROW_REAL32 ? 9 : 17;
	char text[40];

	if (!(x >= -DBL_MAX && x <= DBL_MAX)) {
		buf_add_text(ret, x > 0 ? "\"Inf\"" : x < 0 ? "\"-Inf\"" : "\"NaN\"");
		return;
	}
	for (int digits = 1; digits <= most; digits++) {
		double back;

		snprintf(text, sizeof text, "%.*g", digits, x);
		back = type == ROW_REAL32 ? (double)strtof(text, NULL) : strtod(text, NULL);
		if (!(back < x) && !(back > x))
			break;
	}
	buf_add_text(ret, text);
}

/* ---- values ---- */

static void add_object(const struct canonical *c, const struct row *r, unsigned depth,
	struct buf *ret);

static void add_deep(const struct canonical *c, const struct row *r, unsigned depth,
	struct buf *ret)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t digest[SHA256_SIZE];

	add_object(c, r, depth, &text);
	sha256_once(text.p, text.n, digest);
	buf_add_text(ret, "\"sha256:");
	hex_add(ret, span_from(digest, sizeof digest));
	buf_add_char(ret, '"');
}

static void add_reference(const struct canonical *c, struct span text, struct buf *ret)
{
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);
	struct path p;

	if (path_parse(text, &p))
		path_print(&p, c->host, &path);
	else
		buf_add_span(&path, text);
	canonical_text(buf_span(&path), ret);
}

static void add_words(const struct canonical *c, unsigned type, struct span text, struct buf *ret)
{
	char utc[26];

	if (type == ROW_REFERENCE)
		add_reference(c, text, ret);
	else if (type == ROW_DATETIME && canonical_datetime(text, utc))
		canonical_text(span_of(utc), ret);
	else
		canonical_text(text, ret);
}

static void add_value(const struct canonical *c, unsigned type, const struct row_value *v,
	unsigned depth, struct buf *ret)
{
	switch (v->carrier) {
	case ROW_IS_NULL:
		buf_add_text(ret, "null");
		return;
	case ROW_IS_NUMBER:
		if (type == ROW_BOOLEAN)
			buf_add_text(ret, v->number ? "true" : "false");
		else
			add_integer(type, v->number, ret);
		return;
	case ROW_IS_REAL:
		add_real(type, v->real, ret);
		return;
	case ROW_IS_TEXT:
		add_words(c, type, v->text, ret);
		return;
	case ROW_IS_OBJECT:
		(depth == CANONICAL_DEPTH ? add_deep : add_object)(c, v->object, depth + 1, ret);
		return;
	}
}

static int compare_spans(const void *x, const void *y)
{
	return span_compare(*(const struct span *)x, *(const struct span *)y);
}

/* The items' texts in their order. */
static void add_set(const struct canonical *c, const struct row_property *p, unsigned depth,
	struct buf *ret)
{
	AUTO(buf) texts = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(arena) a = arena_new();
	struct span *item = arena_get(a, (p->n + 1) * sizeof *item);

	for (size_t i = 0; i < p->n; i++) {
		buf_clear(&texts);
		add_value(c, p->type, &p->value[i], depth, &texts);
		item[i] = arena_copy(a, buf_span(&texts));
	}
	qsort(item, p->n, sizeof *item, compare_spans);
	for (size_t i = 0; i < p->n; i++) {
		buf_add_text(ret, i ? "," : "");
		buf_add_span(ret, item[i]);
	}
}

static void add_property(const struct canonical *c, const struct row_property *p, bool unordered,
	unsigned depth, struct buf *ret)
{
	if (p->null) {
		buf_add_text(ret, "null");
		return;
	}
	if (!p->array) {
		add_value(c, p->type, p->value, depth, ret);
		return;
	}
	buf_add_char(ret, '[');
	if (unordered && p->n > 1) {
		add_set(c, p, depth, ret);
	} else {
		for (size_t i = 0; i < p->n; i++) {
			buf_add_text(ret, i ? "," : "");
			add_value(c, p->type, &p->value[i], depth, ret);
		}
	}
	buf_add_char(ret, ']');
}

static void add_object(const struct canonical *c, const struct row *r, unsigned depth,
	struct buf *ret)
{
	buf_add_text(ret, "{\"__CLASS\":");
	canonical_text(r->class, ret);
	for (size_t i = 0; i < r->n; i++) {
		buf_add_char(ret, ',');
		canonical_text(r->property[i].name, ret);
		buf_add_char(ret, ':');
		add_property(c, &r->property[i], false, depth, ret);
	}
	buf_add_char(ret, '}');
}

void canonical_property(const struct canonical *c, const struct row_property *p, bool unordered,
	struct buf *ret)
{
	add_property(c, p, unordered, 0, ret);
}

void canonical_row(const struct canonical *c, const struct row *r, struct buf *ret)
{
	add_object(c, r, 0, ret);
}
