/* Parsing: what each part of an expression can be. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "policy/import/regex_alts.h"

#define DOT_ALTS_MAX 16 /* beyond that a '.' is not split into "one byte" and '/' any more */
#define SET_MAX 8       /* members of a set that are tried one by one */
#define DEPTH_MAX 24    /* of groups */
#define REPEAT_MAX 64
#define WORK_MAX ((size_t)4 << 20) /* bytes of memory for one expression */

static const char *const why_hard =
	"the expression has no exact counterpart; all that begins as it does is taken";
static const char *const why_set = "a set of characters became '?' or '*', which take any";
static const char *const why_repeat = "a repetition became '*', which takes any characters";
static const char *const why_dots = "many '.' became any characters";

void regex_fail(struct regex *x)
{
	x->failed = true;
	x->why = why_hard;
}

struct alts *alts_new(struct regex *x)
{
	return arena_get(x->a, sizeof(struct alts));
}

static void alts_sequence(struct regex *x, struct alts *to, const struct sequence *front,
	const struct sequence *back)
{
	struct sequence *s;
	size_t n = front->n + back->n;

	if (to->n == ALTS_MAX || n > SEQUENCE_MAX) {
		regex_fail(x);
		return;
	}
	s = &to->list[to->n++];
	s->token = arena_get(x->a, (n + 1) * sizeof *s->token);
	s->n = n;
	if (front->n)
		memcpy(s->token, front->token, front->n * sizeof *s->token);
	if (back->n)
		memcpy(s->token + front->n, back->token, back->n * sizeof *s->token);
}

void alts_token(struct regex *x, struct alts *to, uint16_t token)
{
	struct sequence none = { 0 }, one = { &token, 1 };

	alts_sequence(x, to, &none, &one);
	to->slash |= token == '/' || token == TOKEN_ANY;
}

static struct alts *alts_empty(struct regex *x)
{
	struct alts *ret = alts_new(x);
	struct sequence none = { 0 };

	alts_sequence(x, ret, &none, &none);
	return ret;
}

struct alts *alts_join(struct regex *x, const struct alts *a, const struct alts *b)
{
	struct alts *ret = alts_new(x);

	if (arena_bytes(x->a) > WORK_MAX) {
		regex_fail(x);
		return ret;
	}
	ret->slash = a->slash || b->slash;
	for (size_t i = 0; i < a->n && !x->failed; i++) {
		const struct sequence *s = &a->list[i];

		/* behind the end there is nothing */
		if (s->n && s->token[s->n - 1] == TOKEN_END && b->n == 1 && b->list[0].n &&
			b->list[0].token[0] != TOKEN_END)
			continue;
		for (size_t k = 0; k < b->n && !x->failed; k++)
			alts_sequence(x, ret, s, &b->list[k]);
	}
	return ret;
}

static void alts_add(struct regex *x, struct alts *to, const struct alts *from)
{
	struct sequence none = { 0 };

	for (size_t i = 0; i < from->n && !x->failed; i++)
		alts_sequence(x, to, &none, &from->list[i]);
	to->slash |= from->slash;
}

/* ---- parts ---- */

static bool at(const struct regex *x, char c)
{
	return x->p < x->end && *x->p == c;
}

static bool take(struct regex *x, char c)
{
	if (!at(x, c))
		return false;
	x->p++;
	return true;
}

/* Two digits of a byte; false: they are none. */
static bool hex_byte(struct regex *x, uint16_t *ret)
{
	char text[3] = { 0 };

	if (x->end - x->p < 2 || !isxdigit((unsigned char)x->p[0]) ||
		!isxdigit((unsigned char)x->p[1]))
		return false;
	memcpy(text, x->p, 2);
	x->p += 2;
	*ret = (uint16_t)strtoul(text, NULL, 16);
	return true;
}

static void one_of(struct regex *x, struct alts *to, bool slash)
{
	x->why = why_set;
	alts_token(x, to, TOKEN_ONE);
	if (slash)
		alts_token(x, to, '/');
}

/* Behind a '\'. */
static void parse_escape(struct regex *x, struct alts *to)
{
	char c = *x->p++;
	uint16_t byte;

	if (strchr("dws", c))
		one_of(x, to, false);
	else if (strchr("DWS", c))
		one_of(x, to, true);
	else if (c == 't')
		alts_token(x, to, '\t');
	else if (c == 'x' && hex_byte(x, &byte))
		alts_token(x, to, byte);
	else if (isalnum((unsigned char)c))
		regex_fail(x);
	else
		alts_token(x, to, (unsigned char)c);
}

/* Which bytes a set holds. */
struct set {
	bool has[256];
	bool vague; /* holds a class as [:digit:] */
};

/* Behind a '[' in a set: ":alpha:]". */
static void set_class(struct regex *x, struct set *s)
{
	static const char *const without_slash[] = { ":alnum:", ":alpha:", ":blank:", ":cntrl:",
		":digit:", ":lower:", ":space:", ":upper:", ":word:", ":xdigit:" };
	const char *end = memchr(x->p, ']', (size_t)(x->end - x->p));
	struct span name = { x->p, end ? (size_t)(end - x->p) : 0 };
	bool known = false;

	if (!end) {
		regex_fail(x);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(without_slash); i++)
		known |= span_is(name, without_slash[i]);
	s->vague = true;
	s->has['/'] |= !known;
	x->p = end + 1;
}

static void set_member(struct regex *x, struct set *s)
{
	unsigned char from = (unsigned char)*x->p++, to;

	if (from == '[' && at(x, ':')) {
		set_class(x, s);
		return;
	}
	if (from == '\\' && x->p < x->end) {
		from = (unsigned char)*x->p++;
		if (isalnum(from)) {
			s->vague = true;
			s->has['/'] |= strchr("DWS", from) != NULL;
			if (!strchr("dwsDWS", from))
				regex_fail(x); /* a byte by its number, perhaps '/' */
			return;
		}
	}
	to = from;
	if (x->end - x->p > 1 && x->p[0] == '-' && x->p[1] != ']') {
		to = (unsigned char)x->p[1];
		x->p += 2;
		if (to == '\\' || to == '[') {
			regex_fail(x);
			return;
		}
	}
	for (unsigned c = from; c <= to; c++)
		s->has[c] = true;
}

static size_t set_count(const struct set *s)
{
	size_t n = 0;

	for (unsigned c = 0; c < 256; c++)
		n += s->has[c];
	return n;
}

/* Behind a '['. */
static void parse_set(struct regex *x, struct alts *to)
{
	struct set s = { 0 };
	bool negated = take(x, '^'), first = true;

	while (x->p < x->end && (first || *x->p != ']') && !x->failed) {
		first = false;
		set_member(x, &s);
	}
	if (!take(x, ']'))
		regex_fail(x);
	if (x->failed)
		return;
	if (negated && !s.vague && s.has['/'] && set_count(&s) == 1) {
		alts_token(x, to, TOKEN_ONE);
		to->pure = true;
	} else if (negated) {
		one_of(x, to, !s.has['/']);
	} else if (s.vague || set_count(&s) > SET_MAX) {
		one_of(x, to, s.has['/']);
	} else {
		for (unsigned c = 0; c < 256; c++)
			if (s.has[c])
				alts_token(x, to, (uint16_t)c);
	}
}

static struct alts *parse_either(struct regex *x, unsigned depth);

/* Behind a '('. */
static struct alts *parse_group(struct regex *x, unsigned depth)
{
	struct alts *ret;

	if (take(x, '?') && !take(x, ':'))
		regex_fail(x); /* looks around, options, names */
	if (x->failed || depth == DEPTH_MAX) {
		regex_fail(x);
		return alts_new(x);
	}
	ret = parse_either(x, depth + 1);
	if (!take(x, ')'))
		regex_fail(x);
	return ret;
}

static struct alts *parse_atom(struct regex *x, unsigned depth, size_t so_far)
{
	struct alts *ret;
	char c = *x->p++;

	if (c == '(')
		return parse_group(x, depth);
	ret = alts_new(x);
	if (c == '[') {
		parse_set(x, ret);
	} else if (c == '.' && so_far > DOT_ALTS_MAX && !at(x, '*') && !at(x, '+')) {
		x->why = why_dots;
		alts_token(x, ret, TOKEN_ANY);
	} else if (c == '.') {
		alts_token(x, ret, TOKEN_ONE);
		alts_token(x, ret, '/');
		ret->pure = true;
	} else if (c == '$') {
		alts_token(x, ret, TOKEN_END);
	} else if (c == '\\' && x->p < x->end) {
		parse_escape(x, ret);
	} else if (strchr("*+?{)^\\", c)) {
		regex_fail(x);
	} else {
		alts_token(x, ret, (unsigned char)c);
	}
	return ret;
}

/* ---- repetitions ---- */

static struct alts *any_number(struct regex *x, const struct alts *of)
{
	struct alts *ret = alts_new(x);

	if (!of->pure)
		x->why = why_repeat;
	alts_token(x, ret, of->slash ? TOKEN_ANY : TOKEN_NAME);
	return ret;
}

static unsigned number(struct regex *x)
{
	unsigned n = 0;

	if (x->p == x->end || !isdigit((unsigned char)*x->p))
		regex_fail(x);
	while (x->p < x->end && isdigit((unsigned char)*x->p) && n <= REPEAT_MAX)
		n = n * 10 + (unsigned)(*x->p++ - '0');
	if (n > REPEAT_MAX)
		regex_fail(x);
	return n;
}

/* from times, then up to `to` times. */
static struct alts *repeat(struct regex *x, const struct alts *of, unsigned from, unsigned to)
{
	struct alts *ret = alts_empty(x), *more;

	for (unsigned i = 0; i < from && !x->failed; i++)
		ret = alts_join(x, ret, of);
	if (x->failed || to == from)
		return ret;
	if (to > from + 4) { /* or without an end */
		if (to <= REPEAT_MAX)
			x->why = why_repeat;
		return alts_join(x, ret, any_number(x, of));
	}
	more = ret;
	for (unsigned i = from; i < to && !x->failed; i++) {
		struct alts *both = alts_new(x);

		more = alts_join(x, more, of);
		alts_add(x, both, ret);
		alts_add(x, both, more);
		ret = both;
	}
	return ret;
}

static struct alts *parse_repeated(struct regex *x, unsigned depth, size_t so_far)
{
	const unsigned no_end = REPEAT_MAX + 1;
	struct alts *atom = parse_atom(x, depth, so_far);
	unsigned from = 1, to = 1;

	if (x->failed)
		return atom;
	if (take(x, '*')) {
		from = 0;
		to = no_end;
	} else if (take(x, '+')) {
		to = no_end;
	} else if (take(x, '?')) {
		from = 0;
	} else if (take(x, '{')) {
		from = to = number(x);
		if (!x->failed && take(x, ','))
			to = at(x, '}') ? no_end : number(x);
		if (!take(x, '}') || to < from)
			regex_fail(x);
	} else {
		return atom;
	}
	if (!take(x, '?')) /* how greedy it is changes nothing */
		(void)take(x, '+');
	return x->failed                   ? atom
	       : from == 0 && to == no_end ? any_number(x, atom)
					   : repeat(x, atom, from, to);
}

static struct alts *parse_branch(struct regex *x, unsigned depth)
{
	struct alts *ret = alts_empty(x);

	(void)(depth == 0 && take(x, '^'));
	while (x->p < x->end && !at(x, '|') && !(depth && at(x, ')')) && !x->failed)
		ret = alts_join(x, ret, parse_repeated(x, depth, ret->n));
	return ret;
}

static struct alts *parse_either(struct regex *x, unsigned depth)
{
	struct alts *ret = parse_branch(x, depth);

	while (!x->failed && take(x, '|')) {
		struct alts *both = alts_new(x), *branch = parse_branch(x, depth);

		alts_add(x, both, ret);
		alts_add(x, both, branch);
		ret = both;
	}
	return ret;
}

struct alts *regex_parse(struct regex *x)
{
	struct alts *ret = parse_either(x, 0);

	if (x->p < x->end)
		regex_fail(x); /* a ')' too many */
	return ret;
}
