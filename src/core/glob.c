#include "core/glob.h"

#include "core/fold.h"

const struct glob_dialect glob_posix = { .separators = "/" };
const struct glob_dialect glob_windows = { .separators = "/\\", .fold = true };
const struct glob_dialect glob_registry = { .separators = "\\", .fold = true, .sets = true };
const struct glob_dialect glob_name = { .separators = "", .fold = true, .sets = true };

uint32_t glob_hash(struct span name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h;
}

/* Only the last star ever needs to be tried again: what an earlier one could take more of, the
 * last one can take as well. So this is linear times the pattern, never exponential. */
bool glob_text(struct span pattern, struct span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			resume = t;
			continue;
		}
		if (p < pattern.n) {
			size_t at = p;
			bool any = pattern.p[p] == '?';

			if (pattern.p[p] == '\\' && p + 1 < pattern.n)
				at = p + 1;
			if (any || pattern.p[at] == text.p[t]) {
				p = at + 1;
				t++;
				continue;
			}
		}
		if (star == SIZE_MAX)
			return false;
		p = star;
		t = ++resume;
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

int glob_text_check(struct span pattern, struct err *e)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '\\' && ++i == pattern.n)
			return err_set(e, ERR_FORMAT, "the pattern ends in a lone '\\'");
	return 0;
}

bool glob_is_wild(struct span pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '*' || pattern.p[i] == '?')
			return true;
		if (pattern.p[i] == '\\')
			i++;
	}
	return false;
}

static struct span unescape(struct arena *a, struct span text)
{
	char *p = arena_get(a, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		p[n++] = text.p[i];
	}
	return (struct span){ p, n };
}

struct glob_section glob_literal(struct span text, const struct glob_dialect *d)
{
	return (struct glob_section){ .how = GLOB_LITERAL,
		.text = text,
		.hash = d->fold ? fold_hash(text) : glob_hash(text),
		.dialect = d };
}

static struct glob_section section_from_text(struct arena *a, struct span text,
	const struct glob_dialect *d)
{
	struct glob_section s = { .text = text, .dialect = d };

	if (span_is(text, "**")) {
		s.how = GLOB_DEEP;
	} else if (span_is(text, "*")) {
		s.how = GLOB_ANY;
	} else if (glob_is_wild_as(text, d)) {
		s.how = GLOB_WILD;
		s.text = arena_copy(a, text);
	} else {
		s = glob_literal(d->fold ? arena_copy(a, text) : unescape(a, text), d);
	}
	return s;
}

/* As span_cut, at any separator of the dialect; sets hold none. */
static bool section_cut(struct span *rest, const struct glob_dialect *d, struct span *ret)
{
	size_t at = 0;

	if (!rest->p)
		return false;
	while (at < rest->n && !strchr(d->separators, rest->p[at] ? rest->p[at] : ' '))
		at++;
	*ret = (struct span){ rest->p, at };
	*rest = at < rest->n ? span_from_offset(*rest, at + 1) : SPAN_NONE;
	return true;
}

static int section_check(struct span text, const struct glob_dialect *d, struct err *e)
{
	if (d->fold)
		return glob_text_check_as(text, d, e);
	/* glob_text_check saw no lone '\' at the very end, but "a\/b" has one here */
	if (glob_text_check(text, e) < 0)
		return err_set(e, ERR_FORMAT, "'\\/' in a pattern: '/' cannot be escaped");
	return 0;
}

int glob_compile_as(struct arena *a, struct span pattern, const struct glob_dialect *d,
	struct glob_section **ret, size_t *ret_n, struct err *e)
{
	struct glob_section list[GLOB_SECTIONS_MAX];
	struct glob_section *out;
	struct span rest = pattern, text;
	size_t n = 0;

	if (!d->fold && glob_text_check(pattern, e) < 0)
		return e->code;
	if (rest.n && rest.p[0] && strchr(d->separators, rest.p[0]))
		rest = span_from_offset(rest, 1);
	while (rest.n && section_cut(&rest, d, &text)) {
		if (text.n == 0 || (rest.p && rest.n == 0))
			return err_set(e, ERR_FORMAT, "the pattern holds an empty section");
		if (section_check(text, d, e) < 0)
			return e->code;
		if (n == ARRAY_LEN(list) - 1)
			return err_set(e, ERR_LIMIT, "the pattern has more than %zu sections",
				ARRAY_LEN(list) - 1);
		list[n] = section_from_text(a, text, d);
		if (n == 0 || list[n].how != GLOB_DEEP || list[n - 1].how != GLOB_DEEP)
			n++;
	}
	list[n] = (struct glob_section){ .how = GLOB_END };
	out = arena_get(a, (n + 1) * sizeof *out);
	memcpy(out, list, (n + 1) * sizeof *out);
	*ret = out;
	*ret_n = n;
	return 0;
}

int glob_compile(struct arena *a, struct span pattern, struct glob_section **ret, size_t *ret_n,
	struct err *e)
{
	return glob_compile_as(a, pattern, &glob_posix, ret, ret_n, e);
}

bool glob_section_is(const struct glob_section *s, struct span name, uint32_t hash)
{
	switch (s->how) {
	case GLOB_LITERAL:
		if (s->dialect->fold)
			return fold_same(s->text, name);
		return s->hash == hash && span_same(s->text, name);
	case GLOB_ANY:
		return true;
	case GLOB_WILD:
		return glob_text_as(s->text, name, s->dialect);
	case GLOB_TEST:
		return s->test(name);
	default:
		return false;
	}
}

/* As glob_text, with sections for bytes and "**" for the star. */
bool glob_joined(const struct glob_section *s, struct span path, char separator)
{
	const struct glob_section *deep = NULL;
	struct span rest = path, resume = SPAN_NONE, name;

	for (;;) {
		if (s->how == GLOB_DEEP) {
			deep = ++s;
			resume = rest;
			continue;
		}
		if (s->how == GLOB_END && !rest.p)
			return true;
		if (s->how != GLOB_END && rest.p) {
			span_cut(&rest, separator, &name);
			if (glob_section_is(s, name, glob_hash(name))) {
				s++;
				continue;
			}
		}
		if (!deep || !resume.p)
			return false;
		span_cut(&resume, separator, &name);
		rest = resume;
		s = deep;
	}
}

bool glob_path(const struct glob_section *s, struct span path)
{
	struct span rest = path;

	if (rest.n && rest.p[0] == '/')
		rest = span_from_offset(rest, 1);
	return glob_joined(s, rest.n ? rest : SPAN_NONE, '/');
}
