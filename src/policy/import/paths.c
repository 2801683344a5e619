#include "policy/import/paths.h"

#include "core/escape.h"
#include "core/glob.h"
#include "core/utf8.h"

void paths_add(struct arena *a, struct paths *p, struct span path)
{
	for (size_t i = 0; i < p->n; i++)
		if (span_same(p->list[i], path))
			return;
	if (p->n == p->cap) {
		struct span *list;

		p->cap = p->cap ? p->cap * 2 : 4;
		list = arena_get(a, p->cap * sizeof *list);
		if (p->n)
			memcpy(list, p->list, p->n * sizeof *list);
		p->list = list;
	}
	p->list[p->n++] = path;
}

void paths_literal(struct buf *b, char c)
{
	if (c == '*' || c == '?' || c == '\\' || c == '$')
		buf_add_char(b, '\\');
	buf_add_char(b, c);
}

struct span paths_printable(struct arena *a, struct span pattern, bool *ret_exact)
{
	struct span left = pattern;
	char *p;
	size_t n = 0;

	if (!escape_needed(pattern))
		return pattern;
	*ret_exact = false;
	p = arena_get(a, pattern.n + 1);
	while (left.n) {
		uint32_t c;
		size_t step = utf8_next(left, &c), took = step ? step : 1;

		if (step && !escape_needed((struct span){ left.p, step }))
			memcpy(p + n, left.p, step);
		else
			memset(p + n, '?', took);
		n += took;
		left = span_from_offset(left, took);
	}
	return (struct span){ p, n };
}

static bool is_literal(struct span section)
{
	for (size_t i = 0; i < section.n; i++)
		if (strchr("*?\\$", section.p[i]))
			return false;
	return section.n > 0;
}

static const struct span root = { "/", 1 };

struct span paths_base(struct span pattern)
{
	struct span rest = span_from_offset(pattern, 1), section;
	size_t n = 0;

	while (span_cut(&rest, '/', &section) && rest.p && is_literal(section))
		n += section.n + 1;
	return n ? (struct span){ pattern.p, n } : root;
}

/* The longest folder that two have in common. */
static struct span common(struct span a, struct span b)
{
	size_t n = 0, end = 0;

	for (; n < a.n && n < b.n && a.p[n] == b.p[n]; n++)
		if (a.p[n] == '/')
			end = n;
	if ((n == a.n && (n == b.n || b.p[n] == '/')) || (n == b.n && a.p[n] == '/'))
		end = n;
	return end ? (struct span){ a.p, end } : root;
}

struct span paths_common_base(const struct paths *p)
{
	struct span base = paths_base(p->list[0]);

	for (size_t i = 1; i < p->n; i++)
		base = common(base, paths_base(p->list[i]));
	return base;
}

bool paths_below(struct span pattern, struct span base, struct span *ret)
{
	struct span p = span_from_offset(pattern, 1), b = span_from_offset(base, 1);

	while (b.n) {
		struct span rest = p, section, name;

		if (p.n == 0 || !span_cut(&rest, '/', &section))
			return false;
		if (span_is(section, "**"))
			break;
		(void)!span_cut(&b, '/', &name);
		if (!glob_text(section, name))
			return false;
		p = rest.p ? rest : (struct span){ section.p + section.n, 0 };
	}
	*ret = p.n ? p : root;
	return true;
}

/* What stands before the first wildcard. */
static struct span fixed_front(struct span section)
{
	size_t n = 0;

	while (n < section.n && !strchr("*?\\", section.p[n]))
		n++;
	return (struct span){ section.p, n };
}

static bool sections_may_meet(struct span a, struct span b)
{
	struct span fa = fixed_front(a), fb = fixed_front(b);

	if (is_literal(a))
		return glob_text(b, a);
	if (is_literal(b))
		return glob_text(a, b);
	return span_starts(fa, fb) || span_starts(fb, fa);
}

bool paths_may_meet(struct span a, struct span b)
{
	struct span one, other;

	if (span_is(a, "/") || span_is(b, "/"))
		return span_same(a, b) || span_is(a, "**") || span_is(b, "**");
	while (a.p && b.p) {
		(void)!span_cut(&a, '/', &one);
		(void)!span_cut(&b, '/', &other);
		if (span_is(one, "**") || span_is(other, "**"))
			return true;
		if (!sections_may_meet(one, other))
			return false;
	}
	/* what is left of the longer one must match nothing */
	return a.p ? span_is(a, "**") : !b.p || span_is(b, "**");
}
