/* An expression is expanded into its alternatives, each a sequence of tokens; those become
 * patterns. */
#include "policy/import/regex.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/attr.h"

#define REGEX_MAX 2048   /* bytes of one expression */
#define SEQUENCE_MAX 512 /* tokens of one alternative */
#define ALTS_MAX 64
#define DOT_ALTS_MAX 16 /* beyond that a '.' is not split into "one byte" and '/' any more */
#define SET_MAX 8       /* members of a set that are tried one by one */
#define DEPTH_MAX 24    /* of groups */
#define REPEAT_MAX 64
#define WORK_MAX ((size_t)4 << 20) /* bytes of memory for one expression */
#define WRITTEN_MAX 256            /* patterns tried, those that match nothing too */

/* Beside the bytes themselves. */
enum token {
	TOKEN_ONE = 256, /* any byte but '/' */
	TOKEN_NAME,      /* any number of them */
	TOKEN_ANY,       /* any bytes, '/' too */
	TOKEN_END
};

struct sequence {
	uint16_t *token; /* room for SEQUENCE_MAX */
	size_t n;
};

/* What one part of an expression can be. */
struct alts {
	struct sequence list[ALTS_MAX];
	size_t n;
	bool slash; /* may hold a '/' */
	bool pure;  /* '.' or "[^/]": any number of it is a token, too */
};

struct regex {
	struct arena *a;
	const char *p, *end;
	const char *why; /* not exact */
	bool failed;
};

static const char *const why_hard =
	"the expression has no exact counterpart; all that begins as it does is taken";
static const char *const why_set = "a set of characters became '?' or '*', which take any";
static const char *const why_repeat = "a repetition became '*', which takes any characters";
static const char *const why_dots = "many '.' became any characters";
static const char *const why_bytes = "bytes that a policy cannot hold became '?'";

static void fail(struct regex *x)
{
	x->failed = true;
	x->why = why_hard;
}

static struct alts *alts_new(struct regex *x)
{
	return arena_get(x->a, sizeof(struct alts));
}

static void alts_sequence(struct regex *x, struct alts *to, const struct sequence *front,
	const struct sequence *back)
{
	struct sequence *s;
	size_t n = front->n + back->n;

	if (to->n == ALTS_MAX || n > SEQUENCE_MAX) {
		fail(x);
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

static void alts_token(struct regex *x, struct alts *to, uint16_t token)
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

/* Each of a, then each of b. */
static struct alts *alts_join(struct regex *x, const struct alts *a, const struct alts *b)
{
	struct alts *ret = alts_new(x);

	if (arena_bytes(x->a) > WORK_MAX) {
		fail(x);
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
		fail(x);
	else
		alts_token(x, to, (unsigned char)c);
}

/* Which bytes a set holds. */
struct set {
	bool has[256];
	bool vague; /* holds a class as [:digit:] */
};

static void set_member(struct regex *x, struct set *s)
{
	unsigned char from = (unsigned char)*x->p++, to;

	if (from == '[' && at(x, ':')) {
		while (x->p < x->end && *x->p != ']')
			x->p++;
		if (!take(x, ']'))
			fail(x);
		s->vague = true;
		return;
	}
	if (from == '\\' && x->p < x->end) {
		from = (unsigned char)*x->p++;
		if (isalnum(from)) {
			s->vague = true;
			s->has['/'] |= strchr("DWS", from) != NULL;
			return;
		}
	}
	to = from;
	if (x->end - x->p > 1 && x->p[0] == '-' && x->p[1] != ']') {
		to = (unsigned char)x->p[1];
		x->p += 2;
		if (to == '\\' || to == '[') {
			fail(x);
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
		fail(x);
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
		fail(x); /* looks around, options, names */
	if (x->failed || depth == DEPTH_MAX) {
		fail(x);
		return alts_new(x);
	}
	ret = parse_either(x, depth + 1);
	if (!take(x, ')'))
		fail(x);
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
		fail(x);
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
		fail(x);
	while (x->p < x->end && isdigit((unsigned char)*x->p) && n <= REPEAT_MAX)
		n = n * 10 + (unsigned)(*x->p++ - '0');
	if (n > REPEAT_MAX)
		fail(x);
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
			fail(x);
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

/* ---- patterns ---- */

/* Writes one sequence; where "any bytes" stands inside a name, both ways: within it, and across. */
struct writer {
	struct arena *a; /* of the result */
	struct regex *x;
	const struct sequence *s;
	struct paths *ret;
	size_t written;
};

static bool sound(struct span pattern)
{
	struct span rest = span_from_offset(pattern, 1), section;

	if (pattern.n == 0 || pattern.p[0] != '/')
		return false;
	while (pattern.n > 1 && span_cut(&rest, '/', &section))
		if (section.n == 0 || span_is(section, ".") || span_is(section, ".."))
			return false;
	return true;
}

static void finish(struct writer *w, struct buf *b)
{
	bool exact = true;
	struct span pattern;

	if (w->written++ == WRITTEN_MAX)
		fail(w->x);
	if (!sound(buf_span(b)))
		return; /* "//", "/./": no path there can be */
	if (span_is(buf_span(b), "/*/**")) {
		buf_clear(b);
		buf_add_text(b, "/**"); /* "/" itself begins with "/" */
	}
	pattern = paths_printable(w->a, arena_copy(w->a, buf_span(b)), &exact);
	if (!exact)
		w->x->why = why_bytes;
	if (w->ret->n == ALTS_MAX)
		fail(w->x);
	else
		paths_add(w->a, w->ret, pattern);
}

static void write_from(struct writer *w, size_t i, const struct buf *front)
{
	AUTO(buf) b = BUF_INIT(4 * SEQUENCE_MAX * 4);

	buf_add_span(&b, buf_span(front));
	for (; i < w->s->n && !w->x->failed; i++) {
		uint16_t t = w->s->token[i],
			 next = i + 1 < w->s->n ? w->s->token[i + 1] : TOKEN_END;
		bool start = b.n && b.p[b.n - 1] == '/';

		if (t == TOKEN_END) {
			break;
		} else if (t == TOKEN_ONE) {
			buf_add_char(&b, '?');
		} else if (t == TOKEN_NAME) {
			if (next != TOKEN_ANY && next != TOKEN_NAME)
				buf_add_char(&b, '*');
		} else if (t < 256) {
			paths_literal(&b, (char)t);
		} else {
			while (next == TOKEN_ANY || next == TOKEN_NAME) {
				i++;
				next = i + 1 < w->s->n ? w->s->token[i + 1] : TOKEN_END;
			}
			if (next == '/' || next == TOKEN_END) {
				buf_add_text(&b, "*/**");
			} else if (start) {
				buf_add_text(&b, "**/*");
			} else {
				buf_add_char(&b, '*');
				write_from(w, i + 1, &b);
				buf_add_text(&b, "/**/*");
			}
		}
	}
	if (b.full)
		fail(w->x);
	if (!w->x->failed)
		finish(w, &b);
}

static void write_all(struct regex *x, struct arena *a, const struct alts *alts, enum regex_end end,
	struct paths *ret)
{
	struct alts *tail = alts_new(x);
	struct buf none = BUF_INIT(1);

	alts_token(x, tail, end == REGEX_PREFIX ? TOKEN_ANY : TOKEN_NAME);
	for (size_t i = 0; i < alts->n && !x->failed; i++) {
		const struct sequence *s = &alts->list[i];
		struct alts *one = alts_new(x);
		bool wrong = false;

		for (size_t k = 0; k + 1 < s->n; k++)
			wrong |= s->token[k] == TOKEN_END;
		if (wrong)
			continue; /* something behind the end: matches nothing */
		one->list[one->n++] = *s;
		if (!s->n || s->token[s->n - 1] != TOKEN_END)
			one = alts_join(x, one, tail);
		if (!x->failed)
			write_from(&(struct writer){ a, x, &one->list[0], ret, 0 }, 0, &none);
	}
}

/* Where the expression begins to vary. */
static size_t fixed_length(struct span regex)
{
	size_t i = 0;

	while (i < regex.n) {
		bool escape = regex.p[i] == '\\';
		size_t step = escape ? 2 : 1;

		if (i + step > regex.n || (escape && isalnum((unsigned char)regex.p[i + 1])) ||
			(!escape && strchr(".[({|^$*+?)", regex.p[i])) ||
			(i + step < regex.n && strchr("*+?{", regex.p[i + step])))
			break;
		i += step;
	}
	return i;
}

/* Has the whole expression alternatives? May say yes where it has none. */
static bool is_either(struct span regex)
{
	size_t depth = 0;

	for (size_t i = 0; i < regex.n; i++) {
		char c = regex.p[i];

		if (c == '|' && depth == 0)
			return true;
		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth -= depth > 0;
	}
	return false;
}

/* All that begins as the expression does. */
static void take_prefix(struct arena *a, struct span regex, struct paths *ret)
{
	AUTO(buf) b = BUF_INIT(2 * REGEX_MAX + 8);
	size_t n = is_either(regex) ? 0 : fixed_length(regex), end = 0;
	bool exact;

	if (n > REGEX_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (regex.p[i] == '\\')
			i++;
		paths_literal(&b, regex.p[i]);
		if (b.p[b.n - 1] == '/')
			end = b.n;
	}
	ret->n = 0;
	if (n && end < b.n)
		buf_add_text(&b, "*/**");
	if (n && end == b.n)
		buf_add_text(&b, end > 1 ? "*/**" : "**");
	if (!sound(buf_span(&b))) {
		buf_clear(&b);
		buf_add_text(&b, "/**");
	}
	paths_add(a, ret, paths_printable(a, arena_copy(a, buf_span(&b)), &exact));
}

const char *regex_paths(struct arena *a, struct span regex, enum regex_end end, struct paths *ret)
{
	AUTO_FREE(arena) work = arena_new();
	struct regex x = { .a = work, .p = regex.p, .end = regex.p + regex.n };

	*ret = (struct paths){ 0 };
	if (regex.n > REGEX_MAX || memchr(regex.p, 0, regex.n)) {
		fail(&x);
	} else {
		const struct alts *all = parse_either(&x, 0);

		if (x.p < x.end)
			fail(&x); /* a ')' too many */
		if (!x.failed)
			write_all(&x, a, all, end, ret);
	}
	if (x.failed)
		take_prefix(a, regex, ret);
	return x.why;
}

unsigned regex_depth(struct span regex)
{
	unsigned depth = 0;
	size_t n = fixed_length(regex);

	for (size_t i = 0; i < n; i++)
		depth += regex.p[i] == '/';
	return depth;
}
