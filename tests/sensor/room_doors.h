/* The doors of sensor/sensor.h without a policy or a store behind them: runs one sensor on a folder
 * of fixtures (or on this host) and writes down what it delivers, a line an entity:
 *
 *   KEY NAME=VALUE NAME=VALUE …          fields in table order, values as the policy tests them
 *   gap KEY[…] REASON: TEXT              … when it covers all that begins with KEY
 *
 * sorted by key. A test program of a room includes this once and links core os entity host sensor
 * output. */
#ifndef TESTS_SENSOR_ROOM_DOORS_H
#define TESTS_SENSOR_ROOM_DOORS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "core/escape.h"
#include "host/host.h"
#include "output/output.h"
#include "sensor/sensor.h"

#define ROOM_LINES 65536

struct scan {
	struct scan_options options;
	struct arena *arena;
	struct host *host;
	struct buf line;
	const char *lines[ROOM_LINES];
	size_t n;
	uint64_t skip; /* fields not written down */
};

static struct scan room;

const struct scan_options *scan_options(const struct scan *s)
{
	return &s->options;
}

struct arena *scan_arena(struct scan *s)
{
	return s->arena;
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

struct host *scan_host(struct scan *s)
{
	static const uint8_t secret[32] = "the secret of a test";
	struct host_options o = { .root = s->options.root, .secret = secret };
	struct err e;

	if (!s->host)
		assert_int_equal(host_open(&s->host, &o, &e), 0);
	return s->host;
}

uint64_t scan_asks(struct scan *s, const struct kind *k, struct span key)
{
	(void)s, (void)key;
	return kind_fields_all(k);
}

uint64_t scan_asks_of(struct scan *s, const struct record *r, uint64_t later)
{
	(void)later;
	return scan_asks(s, r->kind, r->key);
}

uint64_t scan_asks_kind(struct scan *s, const struct kind *k)
{
	(void)s;
	return kind_fields_all(k);
}

static void room_line(struct scan *s)
{
	assert_true(s->n < ROOM_LINES);
	s->lines[s->n++] = arena_text(s->arena, buf_span(&s->line));
	buf_clear(&s->line);
}

/* Fields that could not be looked at read NAME=?. */
void scan_emit_part(struct scan *s, const struct record *r, uint64_t unknown)
{
	escape_text(&s->line, r->key);
	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		if ((unknown & ~s->skip) & field_bit(i))
			buf_addf(&s->line, " %s=?", r->kind->fields[i].name);
		if (!record_has(r, i) || ((s->skip | unknown) & field_bit(i)))
			continue;
		buf_addf(&s->line, " %s=", r->kind->fields[i].name);
		text_value(&s->line, &r->kind->fields[i], r->v[i]);
	}
	room_line(s);
}

void scan_emit(struct scan *s, const struct record *r)
{
	scan_emit_part(s, r, 0);
}

void scan_gap(struct scan *s, const struct gap *g)
{
	buf_add_text(&s->line, "gap ");
	escape_text(&s->line, g->key);
	buf_addf(&s->line, "%s %s: %s", g->subtree ? "…" : "", gap_reason_names[g->reason],
		g->text);
	room_line(s);
}

static int room_compare(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* All lines, sorted, with a newline behind each; valid until the next run. root NULL: this host.
 * skip: the set of fields to leave out (what differs from run to run). */
static inline const char *room_run(const struct sensor *sensor, const char *root, uint64_t skip)
{
	static struct buf all = BUF_INIT(BUF_MAX_DEFAULT);
	struct err e = { 0 };

	host_freep(&room.host);
	arena_freep(&room.arena);
	room.arena = arena_new();
	room.line = BUF_INIT(BUF_MAX_DEFAULT);
	room.options.root = root;
	room.skip = skip;
	room.n = 0;
	if (sensor->scan(&room, &e) < 0)
		fail_msg("the sensor failed: %s", e.text);
	qsort(room.lines, room.n, sizeof *room.lines, room_compare);
	buf_clear(&all);
	for (size_t i = 0; i < room.n; i++)
		buf_addf(&all, "%s\n", room.lines[i]);
	buf_done(&room.line);
	return buf_text(&all);
}

/* The line of one entity, or NULL. */
static inline const char *room_find(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < room.n; i++)
		if (strncmp(room.lines[i], key, n) == 0 &&
			(room.lines[i][n] == ' ' || room.lines[i][n] == '\0'))
			return room.lines[i];
	return NULL;
}

#endif
