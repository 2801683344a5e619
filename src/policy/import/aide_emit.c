#include "policy/import/aide.h"

#include "core/attr.h"
#include "entity/file.h"

#define EXCLUDES_MAX 1000 /* of one rule */

static const struct import_test type_tests[] = {
	[FILE_REGULAR] = { "type", "regular" },
	[FILE_DIRECTORY] = { "type", "directory" },
	[FILE_SYMLINK] = { "type", "symlink" },
	[FILE_FIFO] = { "type", "fifo" },
	[FILE_SOCKET] = { "type", "socket" },
	[FILE_BLOCK] = { "type", "block" },
	[FILE_CHAR] = { "type", "char" },
};
_Static_assert(ARRAY_LEN(type_tests) == FILE_TYPE_N, "every type has a test");

/* One rule while it is made. */
struct made {
	struct import *x;
	const struct aide_rule *rule;
	struct span base;
	struct import_pattern *include, *list; /* list: excludes */
	size_t n_include, n;
	bool all, cut;
};

static bool concerns(const struct made *m, struct span pattern)
{
	for (size_t i = 0; i < m->n_include; i++)
		if (paths_may_meet(m->include[i].key, pattern))
			return true;
	return false;
}

static void exclude(struct made *m, struct span pattern, unsigned types)
{
	if (!concerns(m, pattern))
		return;
	for (unsigned t = 0; t < FILE_TYPE_N; t++) {
		if (types && !(types >> t & 1))
			continue;
		if (m->n == EXCLUDES_MAX) {
			m->cut = true;
			return;
		}
		m->list[m->n++] = (struct import_pattern){ pattern, &type_tests[t], types ? 1 : 0 };
		if (!types)
			break;
	}
	m->all |= !types && span_is(pattern, "**");
}

static bool ends_deep(struct span p)
{
	return span_is(p, "**") || (p.n > 3 && memcmp(p.p + p.n - 3, "/**", 3) == 0);
}

/* What a negative line takes away: what it matches, and what lies below that. */
static void exclude_negative(struct made *m, const struct aide_rule *by, struct span pattern)
{
	struct arena *a = import_arena(m->x);
	bool deep = ends_deep(pattern), folders = !by->types || by->types >> FILE_DIRECTORY & 1;
	struct span front = pattern;

	if (deep)
		front.n -= pattern.n > 2 ? 3 : 2;
	if (by->how == AIDE_NEGATIVE_ALONE || !folders) {
		exclude(m, pattern, by->types);
	} else if (!by->types) {
		exclude(m,
			deep ? pattern
			     : span_of(arena_format(a, "%.*s%s", SPAN_ARG(pattern),
				       span_is(pattern, "/") ? "**" : "/**")),
			0);
		if (span_is(pattern, "/"))
			m->all = true;
	} else {
		exclude(m, pattern, by->types);
		exclude(m,
			span_of(front.n && !span_is(front, "/")
					? arena_format(a, "%.*s/*/**", SPAN_ARG(front))
					: "*/**"),
			0);
	}
}

/* Does AIDE look at b before a, for a path that both match? */
static bool precedes(const struct aide_rule *b, const struct aide_rule *a)
{
	if (b->depth != a->depth)
		return b->depth > a->depth;
	if (b->how != a->how)
		return b->how == AIDE_EQUALS;
	return b < a;
}

static void exclude_by(struct made *m, const struct aide_rule *by)
{
	bool negative = by->how >= AIDE_NEGATIVE;

	if (by == m->rule || !by->exact || (!negative && !precedes(by, m->rule)))
		return;
	for (size_t i = 0; i < by->paths.n && !m->cut; i++) {
		struct span pattern;

		if (!paths_below(by->paths.list[i], m->base, &pattern))
			continue;
		if (negative)
			exclude_negative(m, by, pattern);
		else
			exclude(m, pattern, by->types);
	}
}

static const char *types_line(struct arena *a, unsigned types)
{
	AUTO(buf) b = BUF_INIT(256);

	for (unsigned t = 0; t < FILE_TYPE_N; t++)
		if (types >> t & 1)
			buf_addf(&b, "%s%s", b.n ? ", " : "types: [", type_tests[t].value);
	buf_add_char(&b, ']');
	return arena_text(a, buf_span(&b));
}

static void add_made(struct made *m)
{
	const struct aide_rule *r = m->rule;
	struct arena *a = import_arena(m->x);
	const char *extra[3] = { NULL };
	bool growing, exact = true;
	size_t n = 0;
	struct import_rule rule = { .id = r->regex,
		.title = span_of(arena_format(a, "AIDE: %.*s",
			SPAN_ARG(paths_printable(a, r->regex, &exact)))),
		.kind = &kind_file,
		.bases = &m->base,
		.n_bases = 1,
		.include = m->include,
		.n_include = m->n_include,
		.exclude = m->list,
		.n_exclude = m->n,
		.fields = aide_fields(m->x, r->attributes, &growing),
		.extra = extra,
		.line = r->line };

	if (r->types)
		extra[n++] = types_line(a, r->types);
	if (growing)
		extra[n++] = "expect: append-only";
	import_add(m->x, &rule);
}

static void begin(struct made *m)
{
	const struct paths *p = &m->rule->paths;

	m->base = paths_common_base(p);
	m->include = arena_get(import_arena(m->x), p->n * sizeof *m->include);
	for (size_t i = 0; i < p->n; i++)
		if (paths_below(p->list[i], m->base, &m->include[m->n_include].key))
			m->n_include++;
}

void aide_emit(struct import *x, const struct aide_rules *rules)
{
	struct import_pattern *list = arena_get(import_arena(x), EXCLUDES_MAX * sizeof *list);
	uint64_t said = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct aide_rule *r = &rules->list[i];
		struct made m = { .x = x, .rule = r, .list = list };

		if (r->how >= AIDE_NEGATIVE || r->paths.n == 0)
			continue;
		begin(&m);
		for (size_t k = 0; k < rules->n && !m.cut; k++)
			exclude_by(&m, &rules->list[k]);
		aide_note_attributes(x, r->attributes, r->line, &said);
		if (m.cut) {
			import_note(x, r->line,
				"more than %d lines take something from this one: it is imported "
				"whole",
				EXCLUDES_MAX);
			m.n = 0;
		} else if (m.all) {
			import_note(x, r->line, "other lines take all of it: no rule is made");
			continue;
		}
		add_made(&m);
	}
}
