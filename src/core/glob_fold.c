/* Texts matched without regard to case, with sets, without escapes. */
#include "core/glob.h"

#include "core/fold.h"

/* The end of the set s begins with, behind its ']'; 0: it does not end. A ']' that comes first is
 * one of its characters. */
static size_t set_end(struct span s)
{
	size_t at = 1;

	if (at < s.n && s.p[at] == ']')
		at++;
	while (at < s.n && s.p[at] != ']')
		at++;
	return at < s.n ? at + 1 : 0;
}

/* Is the character in the set, given without its brackets? */
static bool set_has(struct span set, uint32_t c)
{
	while (set.n) {
		uint32_t low = fold_next(&set), high = low;

		if (set.n > 1 && set.p[0] == '-') {
			set = span_from_offset(set, 1);
			high = fold_next(&set);
		}
		if (c >= low && c <= high)
			return true;
	}
	return false;
}

static bool is_set(struct span s, const struct glob_dialect *d)
{
	return d->sets && s.n && s.p[0] == '[' && set_end(s) > 0;
}

/* Take one character of the pattern (no star) off; does it match c? */
static bool one(struct span *pattern, uint32_t c, const struct glob_dialect *d)
{
	if (is_set(*pattern, d)) {
		size_t end = set_end(*pattern);
		struct span set = { pattern->p + 1, end - 2 };

		*pattern = span_from_offset(*pattern, end);
		return set_has(set, c);
	}
	if (pattern->p[0] == '?') {
		*pattern = span_from_offset(*pattern, 1);
		return true;
	}
	return fold_next(pattern) == c;
}

/* As glob_text: only the last star ever needs to be tried again. */
static bool match(struct span pattern, struct span text, const struct glob_dialect *d)
{
	struct span star = SPAN_NONE, resume = SPAN_NONE;

	while (text.n) {
		if (pattern.n && pattern.p[0] == '*') {
			pattern = star = span_from_offset(pattern, 1);
			resume = text;
			continue;
		}
		if (pattern.n && one(&pattern, fold_next(&text), d))
			continue;
		if (!star.p)
			return false;
		fold_next(&resume);
		text = resume;
		pattern = star;
	}
	while (pattern.n && pattern.p[0] == '*')
		pattern = span_from_offset(pattern, 1);
	return pattern.n == 0;
}

bool glob_text_as(struct span pattern, struct span text, const struct glob_dialect *d)
{
	return d->fold ? match(pattern, text, d) : glob_text(pattern, text);
}

int glob_text_check_as(struct span pattern, const struct glob_dialect *d, struct err *e)
{
	struct span rest = pattern;

	if (!d->fold)
		return glob_text_check(pattern, e);
	while (d->sets && rest.n) {
		size_t end = rest.p[0] == '[' ? set_end(rest) : 1;

		if (end == 0)
			return err_set(e, ERR_FORMAT,
				"a '[' in the pattern has no ']'; '[[]' is the bracket itself");
		rest = span_from_offset(rest, end);
	}
	return 0;
}

bool glob_is_wild_as(struct span pattern, const struct glob_dialect *d)
{
	if (!d->fold)
		return glob_is_wild(pattern);
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '*' || pattern.p[i] == '?' ||
			is_set(span_from_offset(pattern, i), d))
			return true;
	return false;
}
