/* Values for people. */
#include "core/escape.h"
#include "core/hex.h"
#include "core/time.h"
#include "entity/list.h"
#include "output/map.h"
#include "output/output.h"

#define DIGEST_DIGITS 12 /* enough to tell two digests apart by eye */
#define ITEMS_SHOWN 20   /* of a list */
#define TEXT_SHOWN 400   /* bytes of a text: some lines of a terminal */

static void add_choice(struct buf *ret, const struct field *f, uint64_t n)
{
	for (uint64_t i = 0; f->names[i]; i++) {
		if (i == n) {
			buf_add_text(ret, f->names[i]);
			return;
		}
	}
	buf_addf(ret, "%llu", (unsigned long long)n);
}

static void add_digest(struct buf *ret, struct span bytes, bool full)
{
	if (full || bytes.n * 2 <= DIGEST_DIGITS + 2) {
		hex_add(ret, bytes);
		return;
	}
	hex_add(ret, span_from(bytes.p, DIGEST_DIGITS / 2));
	buf_add_text(ret, "…");
}

static void add_map(struct buf *ret, const struct field *f, struct span value, bool full)
{
	struct map_pairs m = map_pairs_of(value);
	struct span name, v;
	bool first = true;

	while (map_pairs_next(&m, &name, &v)) {
		if (!first)
			buf_add_text(ret, ", ");
		first = false;
		escape_text(ret, name);
		buf_add_char(ret, '=');
		map_value_text(ret, f, v, full);
	}
	if (first)
		buf_add_text(ret, "none");
}

void text_foreign(struct buf *ret, struct span s, const struct text_style *style)
{
	size_t max = style->text_max ? style->text_max : style->full ? SIZE_MAX : TEXT_SHOWN;
	size_t n = s.n;

	if (s.n > max)
		for (n = max; n > 0 && (s.p[n] & 0xc0) == 0x80;)
			n--; /* not in the middle of a character */
	escape_value(ret, span_from(s.p, n));
	if (n == s.n)
		return;
	buf_add_text(ret, "… (");
	text_plural(ret, s.n, "byte");
	buf_add_char(ret, ')');
}

static void add_list(struct buf *ret, struct span value, const struct text_style *style)
{
	struct list l = list_of(value);
	struct span item;
	const char *between = "";
	uint64_t n = 0;

	while (list_next(&l, &item)) {
		buf_add_text(ret, between);
		if (!style->full && n++ == ITEMS_SHOWN) {
			buf_addf(ret, "… and %llu more", (unsigned long long)l.left + 1);
			return;
		}
		text_foreign(ret, item, style);
		between = ", ";
	}
	if (!*between)
		buf_add_text(ret, "none");
}

static void add_time(struct buf *ret, int64_t ns, bool full)
{
	char text[TIME_TEXT];

	if (full)
		time_format(ns, text);
	else
		time_format_short(ns, text);
	buf_addf(ret, full ? "%s" : "%sZ", text);
}

static void add_number(struct buf *ret, const struct field *f, uint64_t n)
{
	if (strcmp(f->name, "size") == 0)
		text_plural(ret, n, "byte");
	else
		buf_addf(ret, "%llu", (unsigned long long)n);
}

void text_value_styled(struct buf *ret, const struct field *f, union value v,
	const struct text_style *style)
{
	switch (f->type) {
	case FIELD_TEXT:
		if (v.bytes.n == 0)
			buf_add_text(ret, "\"\"");
		text_foreign(ret, v.bytes, style);
		return;
	case FIELD_NUMBER:
		add_number(ret, f, v.number);
		return;
	case FIELD_MODE:
		buf_addf(ret, "%04llo", (unsigned long long)v.number);
		return;
	case FIELD_TIME:
		add_time(ret, v.time, style->full);
		return;
	case FIELD_DIGEST:
		add_digest(ret, v.bytes, style->full);
		return;
	case FIELD_DEVICE:
		buf_addf(ret, "%u:%u", (unsigned)(v.number >> 32), (unsigned)v.number);
		return;
	case FIELD_CHOICE:
		add_choice(ret, f, v.number);
		return;
	case FIELD_MAP:
		add_map(ret, f, v.bytes, style->full);
		return;
	case FIELD_FLAG:
		buf_add_text(ret, v.number ? "true" : "false");
		return;
	case FIELD_LIST:
		add_list(ret, v.bytes, style);
		return;
	}
}

void text_value(struct buf *ret, const struct field *f, union value v)
{
	text_value_styled(ret, f, v, &(struct text_style){ .full = true });
}

void text_fields(struct buf *ret, const struct kind *k, uint64_t fields)
{
	const char *between = "";

	fields &= ~kind_fields_absent(k);
	for (unsigned i = 0; i < k->n_fields; i++) {
		if (!(fields & field_bit(i)))
			continue;
		buf_addf(ret, "%s%s", between, k->fields[i].name);
		between = ", ";
	}
}
