#include "policy/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"

#define GUESS_MAX 32 /* longer words are not compared */
#define QUOTE_MAX 80
#define FIRST ", first: "

void problems_done(struct problems *p)
{
	free(p->list);
	arena_free(p->arena);
	*p = (struct problems){ 0 };
}

void problem_add(struct problems *p, enum problem_level level, const char *code, struct place at,
	const char *rule, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (level == PROBLEM_ERROR)
		p->errors++;
	if (p->n == PROBLEMS_MAX)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->list = mem_grow(p->list, p->cap, sizeof *p->list);
	}
	if (!p->arena)
		p->arena = arena_new();
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	p->list[p->n++] = (struct problem){ level, code, arena_text(p->arena, span_of(at.file)),
		at.line, at.column, rule ? arena_text(p->arena, span_of(rule)) : NULL,
		arena_text(p->arena, span_of(text)) };
}

static int compare(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;
	int r = strcmp(a->file, b->file);

	if (r)
		return r;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->text, b->text);
}

void problems_sort(struct problems *p)
{
	if (p->n)
		qsort(p->list, p->n, sizeof *p->list, compare);
}

int problems_sum_up(struct problems *p, const char *what, struct err *e)
{
	AUTO(buf) text = BUF_INIT(4096);

	problems_sort(p);
	buf_addf(&text, "%s %zu error%s", what, p->errors, p->errors == 1 ? "" : "s");
	for (size_t i = 0; i < p->n; i++) {
		const struct problem *first = &p->list[i];

		if (first->level != PROBLEM_ERROR)
			continue;
		buf_addf(&text, FIRST "%s:%u:%u: %s", first->file, first->line, first->column,
			first->text);
		break;
	}
	return err_set(e, ERR_POLICY, "%s", buf_text(&text));
}

void problems_told(const struct problems *p, struct err *e)
{
	char *first = e->code == ERR_POLICY && p->errors ? strstr(e->text, FIRST) : NULL;

	if (first)
		*first = 0;
}

/* Edits (insert, drop, change, swap two neighbours) from a to b. */
static unsigned distance(struct span a, struct span b)
{
	unsigned rows[3][GUESS_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned best = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			best = above[j] + 1 < best ? above[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
				a.p[i - 2] == b.p[j - 1] && twice[j - 2] + 1 < best)
				best = twice[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a.n % 3][b.n];
}

const char *problem_guess(struct arena *a, struct span written, const char *const *names)
{
	const char *best = NULL;
	unsigned least = 3;

	if (written.n == 0 || written.n > GUESS_MAX)
		return "";
	for (; *names; names++) {
		struct span name = span_of(*names);
		unsigned d = name.n <= GUESS_MAX ? distance(written, name) : least;

		if (d < least && d < name.n) {
			least = d;
			best = *names;
		}
	}
	return best ? arena_format(a, " (did you mean '%s'?)", best) : "";
}

const char *problem_quote(struct arena *a, struct span text)
{
	AUTO(buf) b = BUF_INIT(4 * QUOTE_MAX + 8);
	struct span shown = { text.p, text.n < QUOTE_MAX ? text.n : QUOTE_MAX };

	if (escape_needed(shown) && shown.n < text.n)
		while (shown.n > QUOTE_MAX - 4 && (shown.p[shown.n] & 0xC0) == 0x80)
			shown.n--; /* do not cut a character in two */
	if (escape_needed(shown))
		escape_value(&b, shown);
	else
		buf_add_span(&b, shown);
	if (shown.n < text.n)
		buf_add_text(&b, "…");
	return arena_text(a, buf_span(&b));
}
