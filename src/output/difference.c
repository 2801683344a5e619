/* How two states differ. */
#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "entity/list.h"
#include "output/map.h"
#include "output/output.h"

#define ITEMS_SHOWN 20  /* of what a list gained, and of what it lost */
#define BEFORE_SHOWN 40 /* bytes that two long texts have alike in front of the difference */

static const char indent[] = "    ";

static void add_side(struct buf *ret, const struct record *r, unsigned field,
	const struct text_style *style)
{
	if (r && record_has(r, field))
		text_value_styled(ret, &r->kind->fields[field], r->v[field], style);
	else
		buf_add_text(ret, "none");
}

static void add_label(struct buf *ret, const char *label, size_t width,
	const struct text_style *style)
{
	buf_add_text(ret, indent);
	text_tone(ret, style, TONE_FAINT, label);
	for (size_t n = utf8_columns(span_of(label)); n < width; n++)
		buf_add_char(ret, ' ');
	buf_add_text(ret, "  ");
}

/* "    label   was → is", on two lines where one would be wider than the terminal. */
static void add_line(struct buf *ret, const char *label, size_t width, const struct buf *was,
	const struct buf *is, const struct text_style *style)
{
	size_t columns = sizeof indent - 1 + width + 2 + utf8_columns(buf_span(was)) + 3 +
			 utf8_columns(buf_span(is));

	add_label(ret, label, width, style);
	buf_add_span(ret, buf_span(was));
	if (style->width && columns > style->width)
		buf_addf(ret, "\n%s%*s", indent, (int)width, "");
	buf_add_text(ret, " → ");
	buf_add_span(ret, buf_span(is));
	buf_add_char(ret, '\n');
}

static void add_pair_line(struct buf *ret, const struct field *f, struct span name,
	const struct span *was, const struct span *is, size_t width, const struct text_style *style)
{
	AUTO(buf) label = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) a = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&label, "%s ", f->name);
	escape_text(&label, name);
	if (was)
		map_value_text(&a, f, *was, style->full);
	else
		buf_add_text(&a, "none");
	if (is)
		map_value_text(&b, f, *is, style->full);
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
			add_pair_line(ret, f, name, &v, there ? &other : NULL, width, style);
	}
	m = map_pairs_of(is);
	while (map_pairs_next(&m, &name, &v))
		if (!map_pairs_find(was, name, &other))
			add_pair_line(ret, f, name, NULL, &v, width, style);
}

static struct span bytes_of(const struct record *r, unsigned field)
{
	return r && record_has(r, field) ? r->v[field].bytes : SPAN_NONE;
}

/* ---- lists: what came, what went ---- */

struct items {
	struct span *p, *sorted;
	size_t n;
};

static int by_bytes(const void *va, const void *vb)
{
	return span_compare(*(const struct span *)va, *(const struct span *)vb);
}

static void items_init(struct items *ret, struct span value)
{
	struct list l = list_of(value);

	ret->p = mem_array(l.left, sizeof *ret->p);
	ret->sorted = mem_array(l.left, sizeof *ret->sorted);
	for (ret->n = 0; list_next(&l, &ret->p[ret->n]); ret->n++)
		ret->sorted[ret->n] = ret->p[ret->n];
	qsort(ret->sorted, ret->n, sizeof *ret->sorted, by_bytes);
}

static void items_done(struct items *x)
{
	free(x->p);
	free(x->sorted);
}

/* Signs in front of such an item would be read as part of it, or the other way round. */
static bool takes_sign(struct span item)
{
	return (item.n && (item.p[0] == '+' || item.p[0] == '-')) ||
	       span_find(item, span_of(", ")) != NULL;
}

/* The next item of x that is not in y. */
static bool next_only(const struct items *x, const struct items *y, size_t *i, struct span *ret)
{
	while (*i < x->n) {
		*ret = x->p[(*i)++];
		if (!bsearch(ret, y->sorted, y->n, sizeof *y->sorted, by_bytes))
			return true;
	}
	return false;
}

static bool any_takes_sign(const struct items *x, const struct items *y)
{
	struct span item;

	for (size_t i = 0; next_only(x, y, &i, &item);)
		if (takes_sign(item))
			return true;
	return false;
}

/* "added ['a', '-b']" for the items of x that are not in y. */
static void add_words(struct buf *ret, const char *word, const struct items *x,
	const struct items *y, const struct text_style *style)
{
	struct span item;
	uint64_t n = 0;

	for (size_t i = 0; next_only(x, y, &i, &item);) {
		if (n++ >= ITEMS_SHOWN && !style->full)
			continue;
		if (n > 1)
			buf_add_text(ret, ", ");
		else
			buf_addf(ret, "%s%s [", ret->n ? ", " : "", word);
		buf_add_char(ret, '\'');
		text_foreign(ret, item, style);
		buf_add_char(ret, '\'');
	}
	if (n > ITEMS_SHOWN && !style->full)
		buf_addf(ret, ", … %llu more", (unsigned long long)(n - ITEMS_SHOWN));
	buf_add_text(ret, n ? "]" : "");
}

/* "+a, +b" for the items of x that are not in y. */
static void add_items(struct buf *ret, char sign, const struct items *x, const struct items *y,
	const struct text_style *style)
{
	struct span item;
	uint64_t n = 0;

	for (size_t i = 0; next_only(x, y, &i, &item);) {
		if (n++ >= ITEMS_SHOWN && !style->full)
			continue;
		buf_addf(ret, "%s%c", ret->n ? ", " : "", sign);
		text_foreign(ret, item, style);
	}
	if (n > ITEMS_SHOWN && !style->full)
		buf_addf(ret, ", %c… %llu more", sign, (unsigned long long)(n - ITEMS_SHOWN));
}

/* False: what they hold is the same, in another order or number. */
static bool add_list_line(struct buf *ret, const struct field *f, struct span was, struct span is,
	size_t width, const struct text_style *style)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct items a, b;

	items_init(&a, was);
	items_init(&b, is);
	if (any_takes_sign(&a, &b) || any_takes_sign(&b, &a)) {
		add_words(&text, "added", &b, &a, style);
		add_words(&text, "removed", &a, &b, style);
	} else {
		add_items(&text, '+', &b, &a, style);
		add_items(&text, '-', &a, &b, style);
	}
	items_done(&a);
	items_done(&b);
	if (!text.n)
		return false;
	add_label(ret, f->name, width, style);
	buf_add_span(ret, buf_span(&text));
	buf_add_char(ret, '\n');
	return true;
}

/* Of a long text what stands where it begins to differ from the other one. */
static void add_rest(struct buf *ret, struct span text, struct span other,
	const struct text_style *style)
{
	size_t at = 0;

	while (at < text.n && at < other.n && text.p[at] == other.p[at])
		at++;
	at = at > BEFORE_SHOWN ? at - BEFORE_SHOWN : 0;
	while (at > 0 && at < text.n && (text.p[at] & 0xc0) == 0x80)
		at--;
	buf_add_text(ret, at ? "…" : "");
	text_foreign(ret, span_from_offset(text, at), style);
}

static void add_difference(struct buf *ret, const struct record *was, const struct record *is,
	unsigned field, size_t width, const struct text_style *style)
{
	const struct field *f = &(is ? is : was)->kind->fields[field];
	AUTO(buf) a = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	struct text_style whole = *style;

	if (f->type == FIELD_LIST &&
		add_list_line(ret, f, bytes_of(was, field), bytes_of(is, field), width, style))
		return;
	if (f->type == FIELD_MAP) {
		add_map_lines(ret, f, bytes_of(was, field), bytes_of(is, field), width, style);
		return;
	}
	add_side(&a, was, field, style);
	add_side(&b, is, field, style);
	if (span_same(buf_span(&a), buf_span(&b))) {
		/* the difference is in what the short form leaves out */
		whole.full = true;
		buf_clear(&a);
		buf_clear(&b);
		if (f->type == FIELD_TEXT) {
			add_rest(&a, bytes_of(was, field), bytes_of(is, field), style);
			add_rest(&b, bytes_of(is, field), bytes_of(was, field), style);
		} else {
			add_side(&a, was, field, &whole);
			add_side(&b, is, field, &whole);
		}
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
