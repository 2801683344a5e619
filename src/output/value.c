/* Values, and how two of them differ. */
#include "core/escape.h"
#include "core/hex.h"
#include "core/time.h"
#include "core/utf8.h"
#include "entity/list.h"
#include "output/map.h"
#include "output/output.h"

#define DIGEST_DIGITS 12 /* enough to tell two digests apart by eye */
#define XATTR_SHOWN 64   /* bytes of an attribute's value */

static const char indent[] = "    ";

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

static void add_attribute(struct buf *ret, struct span value, bool full)
{
	bool text = value.n > 0 && !escape_needed(value);
	size_t n = full || value.n <= XATTR_SHOWN ? value.n : XATTR_SHOWN;

	if (!full && value.n > n)
		text = false; /* cut bytes may not be characters */
	if (text) {
		buf_add_char(ret, '"');
		escape_text(ret, value);
		buf_add_char(ret, '"');
		return;
	}
	buf_add_text(ret, "0x");
	hex_add(ret, span_from(value.p, n));
	if (n < value.n) {
		buf_add_text(ret, "… (");
		text_bytes(ret, value.n);
		buf_add_char(ret, ')');
	}
}

static void add_map(struct buf *ret, struct span value, bool full)
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
		add_attribute(ret, v, full);
	}
	if (first)
		buf_add_text(ret, "none");
}

static void add_list(struct buf *ret, struct span value)
{
	struct list l = list_of(value);
	struct span item;
	const char *between = "";

	while (list_next(&l, &item)) {
		buf_add_text(ret, between);
		escape_text(ret, item);
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
		escape_text(ret, v.bytes);
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
		add_map(ret, v.bytes, style->full);
		return;
	case FIELD_FLAG:
		buf_add_text(ret, v.number ? "true" : "false");
		return;
	case FIELD_LIST:
		add_list(ret, v.bytes);
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

	for (unsigned i = 0; i < k->n_fields; i++) {
		if (!(fields & field_bit(i)))
			continue;
		buf_addf(ret, "%s%s", between, k->fields[i].name);
		between = ", ";
	}
}

static void add_side(struct buf *ret, const struct record *r, unsigned field,
	const struct text_style *style)
{
	if (r && record_has(r, field))
		text_value_styled(ret, &r->kind->fields[field], r->v[field], style);
	else
		buf_add_text(ret, "none");
}

/* "    label   was → is", on two lines where one would be wider than the terminal. */
static void add_line(struct buf *ret, const char *label, size_t width, const struct buf *was,
	const struct buf *is, const struct text_style *style)
{
	size_t columns = sizeof indent - 1 + width + 2 + utf8_columns(buf_span(was)) + 3 +
			 utf8_columns(buf_span(is));

	buf_add_text(ret, indent);
	text_tone(ret, style, TONE_FAINT, label);
	for (size_t n = utf8_columns(span_of(label)); n < width; n++)
		buf_add_char(ret, ' ');
	buf_add_text(ret, "  ");
	buf_add_span(ret, buf_span(was));
	if (style->width && columns > style->width)
		buf_addf(ret, "\n%s%*s", indent, (int)width, "");
	buf_add_text(ret, " → ");
	buf_add_span(ret, buf_span(is));
	buf_add_char(ret, '\n');
}

static void add_pair_line(struct buf *ret, const char *field, struct span name,
	const struct span *was, const struct span *is, size_t width, const struct text_style *style)
{
	AUTO(buf) label = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) a = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&label, "%s ", field);
	escape_text(&label, name);
	if (was)
		add_attribute(&a, *was, style->full);
	else
		buf_add_text(&a, "none");
	if (is)
		add_attribute(&b, *is, style->full);
	else
		buf_add_text(&b, "none");
	add_line(ret, buf_text(&label), width, &a, &b, style);
}

/* One line for each name whose value differs. */
static void add_map_lines(struct buf *ret, const struct field *f, struct span was, struct span is,
	size_t width, const struct text_style *style)
{
	struct map_pairs m = map_pairs_of(was);
	struct span name, v, other;

	while (map_pairs_next(&m, &name, &v)) {
		bool there = map_pairs_find(is, name, &other);

		if (!there || !span_same(v, other))
			add_pair_line(ret, f->name, name, &v, there ? &other : NULL, width, style);
	}
	m = map_pairs_of(is);
	while (map_pairs_next(&m, &name, &v))
		if (!map_pairs_find(was, name, &other))
			add_pair_line(ret, f->name, name, NULL, &v, width, style);
}

static struct span bytes_of(const struct record *r, unsigned field)
{
	return r && record_has(r, field) ? r->v[field].bytes : SPAN_NONE;
}

static void add_difference(struct buf *ret, const struct record *was, const struct record *is,
	unsigned field, size_t width, const struct text_style *style)
{
	const struct field *f = &(is ? is : was)->kind->fields[field];
	AUTO(buf) a = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	struct text_style whole = *style;

	if (f->type == FIELD_MAP) {
		add_map_lines(ret, f, bytes_of(was, field), bytes_of(is, field), width, style);
		return;
	}
	add_side(&a, was, field, style);
	add_side(&b, is, field, style);
	if (!style->full && span_same(buf_span(&a), buf_span(&b))) {
		/* the difference is in what the short form leaves out */
		whole.full = true;
		buf_clear(&a);
		buf_clear(&b);
		add_side(&a, was, field, &whole);
		add_side(&b, is, field, &whole);
	}
	add_line(ret, f->name, width, &a, &b, style);
}

void text_difference(struct buf *ret, const struct record *was, const struct record *is,
	uint64_t fields, const struct text_style *style)
{
	const struct record *some = is ? is : was;
	size_t width = 0;

	if (!some)
		return;
	for (unsigned i = 0; i < some->kind->n_fields; i++)
		if ((fields & field_bit(i)) && strlen(some->kind->fields[i].name) > width)
			width = strlen(some->kind->fields[i].name);
	for (unsigned i = 0; i < some->kind->n_fields; i++)
		if (fields & field_bit(i))
			add_difference(ret, was, is, i, width, style);
}

/* Worth a word when an entity is named: what it is, its rights, its texts and its size. Not what
 * nearly every file of a file system has alike. */
static bool tells(const struct field *f)
{
	if (strcmp(f->name, "flags") == 0 || strcmp(f->name, "label") == 0)
		return false;
	if (!(f->flags & FIELD_STANDARD) || (f->flags & FIELD_LOCAL))
		return false;
	return f->type == FIELD_CHOICE || f->type == FIELD_MODE || f->type == FIELD_TEXT ||
	       strcmp(f->name, "size") == 0;
}

void text_entity(struct buf *ret, const struct record *r, const struct text_style *style)
{
	const char *between = "";

	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		const struct field *f = &r->kind->fields[i];

		if (!record_has(r, i) || !tells(f))
			continue;
		buf_add_text(ret, between);
		if (f->type == FIELD_TEXT || f->type == FIELD_MODE)
			buf_addf(ret, "%s ", f->name);
		text_value_styled(ret, f, r->v[i], style);
		between = ", ";
	}
}
