#include "sensor/wmi/table.h"

#include <stdlib.h>

#include "core/cbor.h"
#include "core/hex.h"
#include "core/sha256.h"
#include "entity/list.h"

#define IGNORED_MAX 64 /* names that are shown as not recorded */
#define SCHEMA_MAX 256 /* classes whose columns are */
#define COPIES "(rows of users' copies of services)"

/* A row on its way to be a record. */
struct line {
	const struct row *row;
	struct span key;     /* with the rule in front */
	struct span content; /* canonical text of what is recorded */
	struct span map;     /* FIELD_MAP */
	enum wmi_identity by;
};

struct maker {
	const struct table *table;
	struct canonical canonical;
	struct arena *arena;
	struct buf text;
	struct line *line;
	struct span ignored[IGNORED_MAX];
	size_t n_ignored;
};

/* ---- which properties ---- */

static bool names(const char *const *list, struct span name)
{
	for (; list && *list; list++)
		if (row_name_same(span_of(*list), name))
			return true;
	return false;
}

/* "-Name" in `ignore` takes back what the built-in table leaves out. */
static bool takes_back(const char *const *list, struct span name)
{
	for (; list && *list; list++)
		if ((*list)[0] == '-' && row_name_same(span_of(*list + 1), name))
			return true;
	return false;
}

static bool is_recorded(const struct rule_asks *x, const struct row *r, struct span name)
{
	if (x->only && x->only[0])
		return names(x->only, name);
	if (names(x->ignore, name))
		return false;
	return !names(wmi_volatile(r->class), name) || takes_back(x->ignore, name);
}

static void note_ignored(struct maker *m, struct span name)
{
	for (size_t i = 0; i < m->n_ignored; i++)
		if (row_name_same(m->ignored[i], name))
			return;
	if (m->n_ignored < IGNORED_MAX)
		m->ignored[m->n_ignored++] = name;
}

/* The row with what is recorded of it, in order. */
static struct row *reduce(struct maker *m, struct row *r)
{
	struct row *ret = arena_get(m->arena, sizeof *ret);

	row_sort(r);
	*ret = *r;
	ret->property = arena_get(m->arena, (r->n + 1) * sizeof *ret->property);
	ret->n = 0;
	for (size_t i = 0; i < r->n; i++) {
		if (i > 0 && row_name_same(r->property[i - 1].name, r->property[i].name))
			continue;
		if (is_recorded(m->table->asks, r, r->property[i].name))
			ret->property[ret->n++] = r->property[i];
		else
			note_ignored(m, r->property[i].name);
	}
	return ret;
}

/* ---- maps: in the order of encoded names, the shorter one first ---- */

struct pair {
	struct span name, value;
};

static int compare_pairs(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->name.n != b->name.n)
		return a->name.n < b->name.n ? -1 : 1;
	return span_compare(a->name, b->name);
}

static struct span map_of(struct maker *m, struct pair *pair, size_t n)
{
	qsort(pair, n, sizeof *pair, compare_pairs);
	buf_clear(&m->text);
	cbor_put_map(&m->text, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_bytes(&m->text, pair[i].name);
		cbor_put_bytes(&m->text, pair[i].value);
	}
	return arena_copy(m->arena, buf_span(&m->text));
}

static struct span value_text(struct maker *m, const struct row_property *p)
{
	uint8_t digest[SHA256_SIZE];
	size_t n;

	buf_clear(&m->text);
	canonical_property(&m->canonical, p, names(m->table->asks->unordered, p->name), &m->text);
	n = m->text.n;
	if (n > TABLE_TEXT_MAX) {
		sha256_once(m->text.p, n, digest);
		buf_clear(&m->text);
		buf_add_text(&m->text, "\"sha256:");
		hex_add(&m->text, span_from(digest, sizeof digest));
		buf_addf(&m->text, " (%zu bytes)\"", n);
	}
	return arena_copy(m->arena, buf_span(&m->text));
}

/* The texts are those of the map, so that what is `unordered` is so here as well. */
static struct span content_of(struct maker *m, const struct row *r, const struct pair *pair)
{
	buf_clear(&m->text);
	canonical_text(r->class, &m->text);
	for (size_t i = 0; i < r->n; i++) {
		buf_add_char(&m->text, ',');
		canonical_text(pair[i].name, &m->text);
		buf_add_char(&m->text, ':');
		buf_add_span(&m->text, pair[i].value);
	}
	return arena_copy(m->arena, buf_span(&m->text));
}

/* ---- rows ---- */

static const struct row_class *class_of(const struct table *t, struct span name)
{
	for (size_t i = 0; i < t->n_classes; i++)
		if (row_name_same(t->class[i].name, name))
			return &t->class[i];
	return NULL;
}

static void make_line(struct maker *m, struct row *r, struct line *ret)
{
	const struct table *t = m->table;
	struct row *kept = reduce(m, r);
	struct pair *pair = arena_get(m->arena, (kept->n + 1) * sizeof *pair);

	for (size_t i = 0; i < kept->n; i++)
		pair[i] =
			(struct pair){ kept->property[i].name, value_text(m, &kept->property[i]) };
	ret->row = r;
	ret->content = content_of(m, kept, pair);
	ret->map = map_of(m, pair, kept->n);
	buf_clear(&m->text);
	buf_addf(&m->text, "%s:", t->asks->rule);
	ret->by = identity_of(&m->canonical, r, t->asks->key, class_of(t, r->class), ret->content,
		&m->text);
	ret->key = arena_copy(m->arena, buf_span(&m->text));
}

static int compare_lines(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	int order = span_compare(a->key, b->key);

	return order ? order : span_compare(a->content, b->content);
}

static void number_doubles(struct maker *m)
{
	struct span last = SPAN_NONE;
	size_t count = 1;

	for (size_t i = 0; i < m->table->n; i++) {
		struct line *x = &m->line[i];

		count = i > 0 && span_same(last, x->key) ? count + 1 : 1;
		last = x->key;
		if (count > 1)
			x->key = span_of(arena_format(m->arena, "%.*s#%zu", SPAN_ARG(last), count));
	}
}

static struct record *record_of(struct maker *m, const struct line *x)
{
	struct record *r = record_new(m->arena, &kind_wmi);

	r->key = x->key;
	record_set_bytes(r, WMI_NAMESPACE, span_of(m->table->asks->space));
	record_set_bytes(r, WMI_CLASS, x->row->class);
	record_set_bytes(r, WMI_PROPERTIES, x->map);
	record_set_number(r, WMI_IDENTITY, x->by);
	return r;
}

/* ---- the query itself ---- */

/* The columns of all rows of a class: those of one row are those of all, but for a provider that
 * leaves some out. */
static struct row columns_of(struct maker *m, struct span class)
{
	const struct table *t = m->table;
	struct row all = { .class = class };

	all.property = arena_get(m->arena, ROW_PROPERTIES_MAX * sizeof *all.property);
	for (size_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];
		size_t before = all.n;

		if (!row_name_same(r->class, class))
			continue;
		for (size_t k = 0; k < r->n && all.n < ROW_PROPERTIES_MAX; k++)
			if (!(k < before &&
				    row_name_same(all.property[k].name, r->property[k].name)) &&
				!row_find(&all, r->property[k].name))
				all.property[all.n++] = r->property[k];
		if (all.n > before)
			row_sort(&all);
	}
	return all;
}

/* "Caption string, Names string[]": what is recorded, so that nobody is told of what else a class
 * gets. */
static struct span columns_text(struct maker *m, struct span class)
{
	const struct row r = columns_of(m, class);
	const char *between = "";

	buf_clear(&m->text);
	for (size_t i = 0; i < r.n; i++) {
		const struct row_property *p = &r.property[i];

		if (!is_recorded(m->table->asks, &r, p->name))
			continue;
		buf_add_text(&m->text, between);
		buf_add_span(&m->text, p->name);
		buf_addf(&m->text, " %s%s", row_type_name(p->type), p->array ? "[]" : "");
		between = ", ";
	}
	return arena_copy(m->arena, buf_span(&m->text));
}

static struct span schema_of(struct maker *m)
{
	const struct table *t = m->table;
	struct pair *pair = arena_get(m->arena, SCHEMA_MAX * sizeof *pair);
	size_t n = 0;

	for (size_t i = 0; i < t->n && n < SCHEMA_MAX; i++) {
		struct span class = t->row[i].class;
		size_t at = 0;

		while (at < n && !row_name_same(pair[at].name, class))
			at++;
		if (at == n)
			pair[n++] = (struct pair){ class, columns_text(m, class) };
	}
	return map_of(m, pair, n);
}

/* Of each class the best that one of its rows has: a row without a value for a key says nothing of
 * the others. */
static struct span identities_of(struct maker *m)
{
	const struct table *t = m->table;
	struct pair *pair = arena_get(m->arena, SCHEMA_MAX * sizeof *pair);
	const struct line *best[SCHEMA_MAX];
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct line *x = &m->line[i];
		size_t at = 0;

		while (at < n && !row_name_same(best[at]->row->class, x->row->class))
			at++;
		if (at == SCHEMA_MAX)
			continue;
		if (at == n)
			best[n++] = x;
		else if (x->by < best[at]->by)
			best[at] = x;
	}
	for (size_t i = 0; i < n; i++) {
		const struct row *r = best[i]->row;

		buf_clear(&m->text);
		identity_made_of(best[i]->by, r, t->asks->key, class_of(t, r->class), &m->text);
		pair[i] = (struct pair){ r->class, arena_copy(m->arena, buf_span(&m->text)) };
	}
	return map_of(m, pair, n);
}

struct span table_prefix(const struct rule_asks *asks, struct arena *a)
{
	return span_of(arena_format(a, "%s:", asks->rule));
}

static struct record *query_of(const struct rule_asks *asks, struct arena *a, enum wmi_state state)
{
	struct record *r = record_new(a, &kind_wmi);

	r->key = table_prefix(asks, a);
	record_set_number(r, WMI_STATE, state);
	record_set_bytes(r, WMI_NAMESPACE, span_of(asks->space));
	record_set_bytes(r, WMI_QUERY, span_of(asks->query));
	record_set_bytes(r, WMI_SCHEMA, span_of("\xa0")); /* the empty map */
	record_set_bytes(r, WMI_IDENTITIES, span_of("\xa0"));
	return r;
}

static struct record *query_ok(struct maker *m)
{
	struct record *r = query_of(m->table->asks, m->arena, WMI_STATE_OK);

	record_set_number(r, WMI_ROWS, m->table->n);
	if (m->table->n_copies)
		note_ignored(m, span_of(COPIES));
	record_set_bytes(r, WMI_SCHEMA, schema_of(m));
	record_set_bytes(r, WMI_IDENTITIES, identities_of(m));
	record_set_set(r, WMI_IGNORED, m->arena, m->ignored, m->n_ignored);
	return r;
}

void table_absent(const struct rule_asks *asks, struct arena *a,
	void (*emit)(void *ctx, const struct record *r), void *ctx)
{
	emit(ctx, query_of(asks, a, WMI_STATE_NOT_PRESENT));
}

void table_fold_copies(struct table *t, bool (*is_copy)(void *ctx, struct span service), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct row_property *name = row_find(&t->row[i], span_of("Name"));
		bool named = name && !name->array && !name->null && name->n == 1 &&
			     name->value->carrier == ROW_IS_TEXT;

		if (named && row_name_same(t->row[i].class, span_of("Win32_Service")) &&
			is_copy(ctx, name->value->text))
			t->n_copies++;
		else
			t->row[kept++] = t->row[i];
	}
	t->n = kept;
}

void table_emit(const struct table *t, struct arena *a,
	void (*emit)(void *ctx, const struct record *r), void *ctx)
{
	struct maker m = { .table = t,
		.canonical = { t->host },
		.arena = a,
		.text = BUF_INIT(BUF_MAX_DEFAULT) };

	m.line = arena_get(a, (t->n + 1) * sizeof *m.line);
	for (size_t i = 0; i < t->n; i++)
		make_line(&m, &t->row[i], &m.line[i]);
	qsort(m.line, t->n, sizeof *m.line, compare_lines);
	number_doubles(&m);
	emit(ctx, query_ok(&m));
	for (size_t i = 0; i < t->n; i++)
		emit(ctx, record_of(&m, &m.line[i]));
	buf_done(&m.text);
}
