#include "policy/wql.h"

#include "core/fold.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static char quote_of(char c)
{
	return c == '"' || c == '\'' ? c : '\0';
}

/* The end of a text in quotes that s begins with; '\' takes the next byte. 0: it does not end. */
static size_t text_end(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == s.p[0])
			return i + 1;
	}
	return 0;
}

/* Take a word, a text in quotes, or one other byte off the front. False at the end, and, with
 * *ret_open, where a text does not end. */
static bool next(struct span *s, struct span *ret, bool *ret_open)
{
	size_t n = 1;

	while (s->n && is_blank(s->p[0]))
		*s = span_from_offset(*s, 1);
	if (s->n == 0)
		return false;
	if (quote_of(s->p[0])) {
		n = text_end(*s);
		*ret_open = n == 0;
		if (n == 0)
			return false;
	}
	while (in_word(s->p[0]) && n < s->n && in_word(s->p[n]))
		n++;
	*ret = (struct span){ s->p, n };
	*s = span_from_offset(*s, n);
	return true;
}

static bool is(struct span word, const char *keyword)
{
	return fold_same(word, span_of(keyword));
}

static int bad(struct err *e, const char *why)
{
	return err_set(e, ERR_FORMAT, "%s", why);
}

/* Behind SELECT: a list, FROM, the class. */
static int parse_select(struct span *s, struct wql *ret, bool *open, struct err *e)
{
	struct span word, before = SPAN_NONE, rest;

	ret->columns = *s;
	while (next(s, &word, open) && !is(word, "FROM")) {
		ret->all = ret->all || span_is(word, "*");
		before = word;
	}
	if (!is(word, "FROM") || !before.p)
		return bad(e, "expected 'SELECT properties FROM class'");
	ret->columns.n = (size_t)(word.p - ret->columns.p);
	if (!next(s, &ret->name, open) || !in_word(ret->name.p[0]))
		return bad(e, "expected the name of a class behind FROM");
	rest = *s;
	if (next(&rest, &word, open) && span_is(word, ","))
		return bad(e, "expected one class (WQL joins none)");
	return 0;
}

/* Behind ASSOCIATORS or REFERENCES: OF {object}. */
static int parse_object(struct span *s, struct wql *ret, bool *open, struct err *e)
{
	struct span word;

	if (!next(s, &word, open) || !is(word, "OF") || !next(s, &word, open) ||
		!span_is(word, "{") || !next(s, &ret->name, open))
		return bad(e, "expected 'OF {object}' there");
	if (span_is(ret->name, "\\"))
		return bad(e, "the object names a host; only this one is asked");
	while (next(s, &word, open))
		if (span_is(word, "}"))
			return 0;
	return bad(e, "expected '}' behind the object");
}

bool wql_selects(const struct wql *q, struct span property)
{
	struct span rest = q->columns, word;
	bool open = false;

	if (!q->select || q->all || span_starts(property, span_of("__")))
		return true;
	while (next(&rest, &word, &open))
		if (fold_same(word, property))
			return true;
	return false;
}

bool wql_word(struct span *rest, struct span *ret)
{
	bool open = false;

	return next(rest, ret, &open);
}

/* Of one side of an OR, off the front: does it hold PROPERTY = VALUE? */
static bool side_binds(struct span *rest, const char *property, const char *value)
{
	struct span word, before = SPAN_NONE, left = SPAN_NONE;
	bool bound = false;

	for (; wql_word(rest, &word) && !is(word, "OR"); before = word) {
		if (left.p && (!value || is(word, value)))
			bound = true;
		left = span_is(word, "=") && is(before, property) ? before : SPAN_NONE;
	}
	return bound;
}

/* A parenthesis only joins sides that are looked at one by one here: what comes out as bound is. */
bool wql_binds(const struct wql *q, const char *property, const char *value)
{
	struct span rest = q->where, word, before = SPAN_NONE;

	for (; wql_word(&rest, &word); before = word)
		if (is(word, "NOT") && !is(before, "IS"))
			return false;
	rest = q->where;
	if (rest.n == 0)
		return false;
	while (rest.n)
		if (!side_binds(&rest, property, value))
			return false;
	return true;
}

int wql_parse(struct span query, struct wql *ret, struct err *e)
{
	struct span rest = query, word = SPAN_NONE;
	bool open = false;
	int rc;

	*ret = (struct wql){ 0 };
	next(&rest, &word, &open);
	if (is(word, "SELECT")) {
		ret->select = true;
		rc = parse_select(&rest, ret, &open, e);
	} else if (is(word, "ASSOCIATORS") || is(word, "REFERENCES")) {
		rc = parse_object(&rest, ret, &open, e);
	} else {
		return bad(e, "expected one SELECT, ASSOCIATORS OF or REFERENCES OF");
	}
	while (rc == 0 && next(&rest, &word, &open)) {
		if (span_is(word, ";"))
			rc = bad(e, "expected one query, without ';'");
		if (!ret->where.p && is(word, "WHERE"))
			ret->where = rest;
	}
	if (rc == 0 && open)
		rc = bad(e, "a text in quotes does not end");
	return rc;
}
