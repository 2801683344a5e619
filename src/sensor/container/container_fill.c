#include "sensor/container/container_fill.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/time.h"
#include "entity/list.h"

void fill_add(struct fill *f, struct span text)
{
	struct span *more;

	if (!text.n)
		return;
	if (f->n == FILL_ITEMS_MAX) {
		f->left_out++;
		return;
	}
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 8;
		more = arena_get(f->arena, (f->cap + 1) * sizeof *more);
		if (f->n)
			memcpy(more, f->items, f->n * sizeof *more);
		f->items = more;
	}
	f->items[f->n++] = text;
}

void fill_addf(struct fill *f, const char *fmt, ...)
{
	AUTO(buf) text = BUF_INIT(1 << 16);
	va_list args;
	char *room;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	room = n > 0 ? buf_room(&text, (size_t)n + 1) : NULL;
	if (!room)
		return;
	va_start(args, fmt);
	vsnprintf(room, (size_t)n + 1, fmt, args);
	va_end(args);
	fill_add(f, arena_copy(f->arena, span_from(room, (size_t)n)));
}

static void end(struct fill *f)
{
	if (f->left_out)
		f->items[f->n++] = span_of(arena_format(f->arena, "… and %zu more", f->left_out));
}

void fill_set(struct fill *f, struct record *r, unsigned field)
{
	if (!f->n)
		return;
	end(f);
	record_set_set(r, field, f->arena, f->items, f->n);
}

void fill_list(struct fill *f, struct record *r, unsigned field)
{
	if (!f->n)
		return;
	end(f);
	record_set_list(r, field, f->arena, f->items, f->n);
}

void fill_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

void fill_time(struct record *r, unsigned field, struct span text)
{
	int64_t ns;
	struct err e;

	if (text.n && text.p[0] >= '0' && text.p[0] <= '9' && time_parse(text, 0, &ns, &e) == 0)
		record_set_time(r, field, ns);
}

void fill_array(struct arena *a, struct record *r, unsigned field, const struct jval *array)
{
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(array); i++)
		fill_add(&f, jval_text(jval_item(array, i)));
	fill_set(&f, r, field);
}

void fill_environment(struct arena *a, struct record *r, const struct jval *array)
{
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(array); i++) {
		struct span rest = jval_text(jval_item(array, i)), name;

		if (span_cut(&rest, '=', &name))
			fill_add(&f, name);
	}
	fill_set(&f, r, CONTAINER_ENVIRONMENT);
}

static struct span joined(struct arena *a, struct span x, const char *between, struct span y)
{
	size_t m = strlen(between);
	char *p = arena_get(a, x.n + m + y.n + 1);

	if (x.n)
		memcpy(p, x.p, x.n);
	memcpy(p + x.n, between, m);
	if (y.n)
		memcpy(p + x.n + m, y.p, y.n);
	return (struct span){ p, x.n + m + y.n };
}

void fill_labels(struct arena *a, struct record *r, const struct jval *object)
{
	struct fill f = { .arena = a };
	const struct jval *v;
	struct span name;
	void *at = NULL;

	while ((v = jval_member(object, &at, &name)))
		fill_add(&f, joined(a, name, "=", jval_text(v)));
	fill_set(&f, r, CONTAINER_LABELS);
}

struct span fill_capability(struct arena *a, struct span name)
{
	char *p = arena_get(a, name.n + 5);
	size_t n = 0;

	memcpy(p, "CAP_", 4);
	for (; n < name.n; n++)
		p[4 + n] = (char)(name.p[n] >= 'a' && name.p[n] <= 'z' ? name.p[n] - 'a' + 'A'
								       : name.p[n]);
	if (span_starts(span_from(p + 4, n), span_of("CAP_")) ||
		span_is(span_from(p + 4, n), "ALL"))
		return span_from(p + 4, n);
	return span_from(p, n + 4);
}
