/* The alternatives of an expression become patterns. */
#include "policy/import/regex.h"

#include <ctype.h>

#include "core/attr.h"
#include "policy/import/regex_alts.h"

#define REGEX_MAX 2048  /* bytes of one expression */
#define WRITTEN_MAX 256 /* patterns tried, those that match nothing too */

static const char *const why_bytes = "bytes that a policy cannot hold became '?'";

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
		regex_fail(w->x);
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
		regex_fail(w->x);
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
		regex_fail(w->x);
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
		regex_fail(&x);
	} else {
		const struct alts *all = regex_parse(&x);

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
