/* Queries on osquery's table registry (https://osquery.io/schema#registry): what they say of the
 * columns key and path becomes rules. What else they say would only take something away. */
#include "policy/import/osquery.h"

#include <ctype.h>

#include "core/attr.h"
#include "policy/import/hive.h"

#define TOKENS_MAX 4096
#define KEYS_MAX 256 /* that one query asks for */

/* A word, a sign, or the text between quotes. */
struct token {
	struct span text;
	bool quoted;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t tokens(struct arena *a, struct span sql, struct token *ret)
{
	size_t n = 0, i = 0;

	while (i < sql.n && n < TOKENS_MAX) {
		size_t start = i;
		char c = sql.p[i++];

		if (isspace((unsigned char)c))
			continue;
		if (c == '\'' || c == '"') {
			AUTO(buf) b = BUF_INIT(8192);

			for (; i < sql.n && (sql.p[i] != c || (i + 1 < sql.n && sql.p[i + 1] == c));
				i++) {
				i += sql.p[i] == c;
				buf_add_char(&b, sql.p[i]);
			}
			i++;
			ret[n++] = (struct token){ arena_copy(a, buf_span(&b)), true };
			continue;
		}
		while (is_word(c) && i < sql.n && is_word(sql.p[i]))
			i++;
		ret[n++] = (struct token){ { sql.p + start, i - start }, false };
	}
	return n;
}

static bool word_is(const struct token *t, const char *word)
{
	size_t n = strlen(word);

	if (t->quoted || t->text.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)t->text.p[i]) != word[i])
			return false;
	return true;
}

/* "key", "r.key" */
static bool column_is(const struct token *t, const char *column)
{
	const char *dot = t->text.n ? memchr(t->text.p, '.', t->text.n) : NULL;
	struct token last = *t;

	if (dot)
		last.text = span_from_offset(t->text, (size_t)(dot - t->text.p) + 1);
	return word_is(&last, column);
}

struct query {
	struct osquery *o;
	const char *name;
	unsigned line;
	size_t n; /* keys taken */
};

static void ask(struct query *q, struct span text, bool path, bool like)
{
	struct hive_rule r = { .id = q->name,
		.title = arena_format(import_arena(q->o->x), "osquery %s", q->name),
		.line = q->line,
		.levels = 0 };
	struct span value = SPAN_NONE;

	if (q->n++ >= KEYS_MAX)
		return;
	if (path) {
		const char *last = span_last(text, '\\');

		if (last) {
			value = span_from_offset(text, (size_t)(last - text.p) + 1);
			text.n = (size_t)(last - text.p);
		}
	}
	/* "X\%%" takes all below */
	if (span_is(value, "%%"))
		r.levels = -1;
	else if (text.n > 3 && memcmp(text.p + text.n - 3, "\\%%", 3) == 0) {
		text.n -= 3;
		r.levels = -1;
	} else if (value.n && !span_is(value, "%"))
		r.value = hive_pattern(import_arena(q->o->x), value, like ? '%' : 0);
	r.key = hive_pattern(import_arena(q->o->x), text, like ? '%' : 0);
	hive_add(q->o->x, &r);
}

static void conditions(struct query *q, const struct token *t, size_t n)
{
	for (size_t i = 0; i + 2 < n; i++) {
		bool path = column_is(&t[i], "path");
		bool like = word_is(&t[i + 1], "like") || word_is(&t[i + 1], "glob");

		if (!path && !column_is(&t[i], "key"))
			continue;
		if ((like || word_is(&t[i + 1], "=")) && t[i + 2].quoted)
			ask(q, t[i + 2].text, path, like);
		else if (word_is(&t[i + 1], "=") && word_is(&t[i + 2], "=") && i + 3 < n &&
			 t[i + 3].quoted)
			ask(q, t[i + 3].text, path, false);
		else if (word_is(&t[i + 1], "in"))
			for (size_t k = i + 3; k < n && !word_is(&t[k], ")"); k++)
				if (t[k].quoted)
					ask(q, t[k].text, path, false);
		if (word_is(&t[i + 1], "not"))
			import_note(q->o->x, q->line,
				"query %.200s: what it leaves out is watched, too", q->name);
	}
}

bool osquery_registry(struct osquery *o, const char *name, struct span sql)
{
	AUTO_FREE(arena) work = arena_new();
	struct token *t = arena_get(work, TOKENS_MAX * sizeof *t);
	struct query q = { .o = o, .name = name, .line = osquery_line(o, name) };
	size_t n = tokens(work, sql, t);
	bool registry = false, more = false;

	for (size_t i = 0; i + 1 < n; i++)
		registry |= (word_is(&t[i], "from") || word_is(&t[i], "join")) &&
			    word_is(&t[i + 1], "registry");
	if (!registry)
		return false;
	for (size_t i = 0; i < n; i++)
		more |= column_is(&t[i], "name") || column_is(&t[i], "data") ||
			column_is(&t[i], "type") || word_is(&t[i], "join");
	conditions(&q, t, n);
	if (n == TOKENS_MAX)
		import_note(o->x, q.line, "query %.200s: too long, its end is not read", name);
	if (q.n > KEYS_MAX)
		import_note(o->x, q.line,
			"query %.200s: more than %d keys, the others are left out", name, KEYS_MAX);
	if (q.n && more)
		import_note(o->x, q.line,
			"query %.200s: what it asks besides key and path is left out: all values "
			"of "
			"these keys are watched",
			name);
	return q.n > 0;
}
