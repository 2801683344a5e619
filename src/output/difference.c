/* How two states differ; what an entity is in a few words. */
#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "entity/list.h"
#include "output/map.h"
#include "output/output.h"

#define ITEMS_SHOWN 20 /* of what a list gained, and of what it lost */
#define FIELDS_SHOWN 8 /* of an entity that came or went */
#define WORDS_SHOWN 4  /* of a list of it */

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

static void add_pair_line(struct buf *ret, const char *field, struct span name,
	const struct span *was, const struct span *is, size_t width, const struct text_style *style)
{
	AUTO(buf) label = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) a = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&label, "%s ", field);
	escape_text(&label, name);
	if (was)
		map_value_text(&a, *was, style->full);
	else
		buf_add_text(&a, "none");
	if (is)
		map_value_text(&b, *is, style->full);
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

/* "+a, +b" for the items of x that are not in y. */
static void add_items(struct buf *ret, char sign, const struct items *x, const struct items *y,
	const struct text_style *style)
{
	uint64_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		if (bsearch(&x->p[i], y->sorted, y->n, sizeof *y->sorted, by_bytes))
			continue;
		if (n++ >= ITEMS_SHOWN && !style->full)
			continue;
		buf_addf(ret, "%s%c", ret->n ? ", " : "", sign);
		escape_text(ret, x->p[i]);
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
	add_items(&text, '+', &b, &a, style);
	add_items(&text, '-', &a, &b, style);
	items_done(&a);
	items_done(&b);
	if (!text.n)
		return false;
	add_label(ret, f->name, width, style);
	buf_add_span(ret, buf_span(&text));
	buf_add_char(ret, '\n');
	return true;
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

/* ---- an entity in a few words ---- */

/* Of a file: what it is, its rights, its texts and its size. Not what nearly every file of a file
 * system has alike. */
static bool tells_of_path(const struct field *f)
{
	if (strcmp(f->name, "flags") == 0 || strcmp(f->name, "label") == 0)
		return false;
	return f->type == FIELD_CHOICE || f->type == FIELD_MODE || f->type == FIELD_TEXT ||
	       strcmp(f->name, "size") == 0;
}

/* Worth a word when an entity is named. What is not so, or empty, is not told. */
static bool tells(const struct record *r, unsigned field)
{
	const struct field *f = &r->kind->fields[field];

	if (!record_has(r, field) || !(f->flags & FIELD_STANDARD) || (f->flags & FIELD_LOCAL))
		return false;
	if (r->kind->hierarchical)
		return tells_of_path(f);
	switch (f->type) {
	case FIELD_DIGEST:
	case FIELD_TIME:
	case FIELD_MAP:
		return false;
	case FIELD_FLAG:
		return r->v[field].number != 0;
	case FIELD_TEXT:
		return r->v[field].bytes.n > 0;
	case FIELD_LIST:
		return list_of(r->v[field].bytes).left > 0;
	case FIELD_NUMBER:
	case FIELD_MODE:
	case FIELD_DEVICE:
	case FIELD_CHOICE:
		return true;
	}
	return false;
}

static void add_word(struct buf *ret, const struct record *r, unsigned field,
	const struct text_style *style)
{
	const struct field *f = &r->kind->fields[field];
	bool bare = f->type == FIELD_CHOICE || strcmp(f->name, "size") == 0;
	struct list l = { .left = 0 };
	struct span item;

	if (f->type == FIELD_FLAG) {
		buf_add_text(ret, f->name);
		return;
	}
	if (!bare)
		buf_addf(ret, "%s ", f->name);
	if (f->type == FIELD_LIST)
		l = list_of(r->v[field].bytes);
	if (l.left <= WORDS_SHOWN || style->full) {
		text_value_styled(ret, f, r->v[field], style);
		return;
	}
	for (unsigned i = 0; i < WORDS_SHOWN && list_next(&l, &item); i++) {
		escape_text(ret, item);
		buf_add_text(ret, ", ");
	}
	buf_addf(ret, "… (%llu more)", (unsigned long long)l.left);
}

/* What is so is always told: it is short, and often the point. */
void text_entity(struct buf *ret, const struct record *r, const struct text_style *style)
{
	const char *between = "";
	unsigned n = 0;

	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		bool flag = r->kind->fields[i].type == FIELD_FLAG;

		if (!tells(r, i) || (!flag && n++ >= FIELDS_SHOWN && !style->full))
			continue;
		buf_add_text(ret, between);
		add_word(ret, r, i, style);
		between = ", ";
	}
	if (n > FIELDS_SHOWN && !style->full)
		buf_add_text(ret, ", …");
}

void text_key(struct buf *ret, const struct kind *k, struct span key)
{
	if (!k->hierarchical)
		buf_addf(ret, key.n ? "%s " : "kind %s", k->name);
	escape_text(ret, key);
}

void text_range(struct buf *ret, const struct kind *k, struct span key)
{
	if (k->hierarchical) {
		escape_text(ret, key);
		buf_add_text(ret, " and everything below");
	} else if (key.n == 0) {
		buf_addf(ret, "all of kind %s", k->name);
	} else {
		buf_addf(ret, "every %s whose key begins with '", k->name);
		escape_text(ret, key);
		buf_add_char(ret, '\'');
	}
}
