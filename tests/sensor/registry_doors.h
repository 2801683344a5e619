/* The doors of sensor/sensor.h for the room of the registry, with a policy of bases alone: `bases`
 * and all below them, every field. Lines are KEY NAME=VALUE …, and gap KEY[…] REASON: TEXT. */
#ifndef TESTS_SENSOR_REGISTRY_DOORS_H
#define TESTS_SENSOR_REGISTRY_DOORS_H

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/fold.h"
#include "core/hex.h"
#include "core/mem.h"
#include "host/host.h"
#include "sensor/sensor.h"

#define LINES 40000

/* ---- the doors of sensor/sensor.h, and a policy of bases alone ---- */

struct scan {
	struct scan_options options;
	struct selector selector;
	struct arena *arena;
	struct buf line;
	const char **lines;
	size_t n;
};

static struct scan room;
static struct host *host; /* once asked for, to the end */
static const char *const *bases;
static bool offline;

struct scope {
	char *path; /* joined by '\' */
};

static struct scope *scope_new(const char *above, struct span name)
{
	struct scope *d = mem_new(sizeof *d);
	struct buf path = BUF_INIT(65536);

	buf_add_text(&path, above);
	if (path.n)
		buf_add_char(&path, '\\');
	buf_add_span(&path, name);
	d->path = mem_text(buf_text(&path));
	buf_done(&path);
	return d;
}

static bool is_below(const char *text, const char *folder)
{
	struct span rest;

	return fold_starts(span_of(text), span_of(folder), &rest) &&
	       (rest.n == 0 || rest.p[0] == '\\');
}

static struct scope *top(const void *policy, const struct kind *k)
{
	(void)policy, (void)k;
	return scope_new("", SPAN_NONE);
}

static void leave(struct scope *d)
{
	if (d)
		free(d->path);
	free(d);
}

static struct scope *enter(struct scope *d, struct span name, bool mount)
{
	struct scope *below = scope_new(d->path, name);

	(void)mount;
	for (size_t i = 0; bases[i]; i++)
		if (is_below(below->path, bases[i]) || is_below(bases[i], below->path))
			return below;
	leave(below);
	return NULL;
}

static bool named(const struct scope *d, struct span name, struct selection *ret)
{
	struct scope *x = scope_new(d->path, name);
	bool held = false;

	*ret = (struct selection){ .fields = ~UINT64_C(0), .n = 1 };
	for (size_t i = 0; bases[i]; i++)
		held = held || is_below(x->path, bases[i]);
	leave(x);
	return held;
}

static bool asks(const void *policy, const struct kind *k, size_t i, struct rule_asks *ret)
{
	(void)policy, (void)k;
	*ret = (struct rule_asks){ .rule = "test", .bases = bases, .offline = offline };
	return i == 0;
}

const struct scan_options *scan_options(const struct scan *s)
{
	return &s->options;
}

const struct selector *scan_selector(const struct scan *s)
{
	return &s->selector;
}

struct arena *scan_arena(struct scan *s)
{
	return s->arena;
}

struct host *scan_host(struct scan *s)
{
	static struct host_options o;
	struct err e;

	(void)s;
	if (!host)
		assert_int_equal(host_open(&host, &o, &e), 0);
	return host;
}

bool scan_stopped(const struct scan *s)
{
	(void)s;
	return false;
}

void scan_alive(struct scan *s)
{
	(void)s;
}

uint64_t scan_asks_kind(struct scan *s, const struct kind *k)
{
	(void)s;
	return kind_fields_all(k);
}

static void add_line(struct scan *s)
{
	assert_true(s->n < LINES);
	s->lines[s->n++] = arena_text(s->arena, buf_span(&s->line));
	buf_clear(&s->line);
}

static void add_value(struct buf *b, const struct field *f, const union value *v)
{
	if (f->type == FIELD_TEXT)
		buf_add_span(b, v->bytes);
	else if (f->type == FIELD_DIGEST)
		hex_add(b, v->bytes);
	else if (f->type == FIELD_CHOICE)
		buf_add_text(b, f->names[v->number]);
	else if (f->type == FIELD_TIME)
		buf_addf(b, "%lld", (long long)v->time);
	else
		buf_addf(b, "%llu", (unsigned long long)v->number);
}

void scan_emit_part(struct scan *s, const struct record *r, uint64_t unknown)
{
	(void)unknown;
	buf_add_span(&s->line, r->key);
	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		if (!record_has(r, i))
			continue;
		buf_addf(&s->line, " %s=", r->kind->fields[i].name);
		add_value(&s->line, &r->kind->fields[i], &r->v[i]);
	}
	add_line(s);
}

void scan_emit(struct scan *s, const struct record *r)
{
	scan_emit_part(s, r, 0);
}

void scan_gap(struct scan *s, const struct gap *g)
{
	buf_add_text(&s->line, "gap ");
	buf_add_span(&s->line, g->key);
	buf_addf(&s->line, "%s %s: %s", g->subtree ? "…" : "", gap_reason_names[g->reason],
		g->text);
	add_line(s);
}

static void look(const struct sensor *sensor)
{
	struct err e;

	if (room.arena)
		arena_free(room.arena);
	room.arena = arena_new();
	room.n = 0;
	assert_int_equal(sensor->scan(&room, &e), 0);
	if (getenv("VERBOSE"))
		for (size_t i = 0; i < room.n; i++)
			printf("%s\n", room.lines[i]);
}

/* The hive's own name is "Software" in Wine. */
static const char *find(const char *start)
{
	for (size_t i = 0; i < room.n; i++)
		if (fold_starts(span_of(room.lines[i]), span_of(start), NULL))
			return room.lines[i];
	return NULL;
}

static void has(const char *start, const char *part)
{
	const char *line = find(start);

	if (!line)
		fail_msg("nothing begins with '%s'", start);
	else if (!strstr(line, part))
		fail_msg("'%s' is not in: %s", part, line);
}

#endif
