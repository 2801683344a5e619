#include "policy/lint.h"

#include "entity/file.h"

static struct place pattern_place(const struct pattern *p)
{
	return (struct place){ p->file, p->line, p->column };
}

/* Does the section a match every name the section b matches? May say no where it could say yes. */
static bool section_covers(const struct glob_section *a, const struct glob_section *b)
{
	if (b->how == GLOB_DEEP || b->how == GLOB_END)
		return false;
	if (a->how == GLOB_ANY)
		return true;
	if (b->how == GLOB_LITERAL)
		return glob_section_is(a, b->text, b->hash);
	return a->how == GLOB_WILD && b->how == GLOB_WILD && span_same(a->text, b->text);
}

/* Does a match every path b matches? b's sections are the letters a is matched against. */
static bool covers(const struct glob_section *a, const struct glob_section *b)
{
	const struct glob_section *deep = NULL, *resume = NULL;

	for (;;) {
		if (a->how == GLOB_DEEP) {
			deep = ++a;
			resume = b;
		} else if (a->how == GLOB_END && b->how == GLOB_END) {
			return true;
		} else if (a->how != GLOB_END && section_covers(a, b)) {
			a++;
			b++;
		} else if (!deep || resume->how == GLOB_END) {
			return false;
		} else {
			b = ++resume;
			a = deep;
		}
	}
}

static const struct glob_section *cut(struct arena *a, struct span key,
	const struct glob_dialect *d)
{
	static const struct glob_section nothing[] = { { .how = GLOB_END } };
	struct glob_section *s;
	size_t n;
	struct err e = { 0 };

	return glob_compile_as(a, key, d, &s, &n, &e) < 0 ? nothing : s;
}

static const struct glob_section **cut_all(struct arena *a, const struct patterns *patterns,
	const struct glob_dialect *d)
{
	const struct glob_section **cuts =
		arena_get(a, (patterns->n + 1) * sizeof(struct glob_section *));

	for (size_t i = 0; i < patterns->n; i++)
		cuts[i] = cut(a, patterns->list[i].key, d);
	return cuts;
}

static void lint_text(const struct entry *entry, const struct pattern *p, struct problems *problems)
{
	for (size_t i = 0; entry->dialect == &glob_posix && i + 1 < p->key.n; i++) {
		char c = p->key.p[i + 1];

		if (p->key.p[i] != '\\')
			continue;
		if (c == '*' || c == '?')
			lint_warn(problems, "escaped-wildcard", entry, pattern_place(p),
				"'\\%c' stands for the character itself; if a folder's end was "
				"meant write '/%c'",
				c, c);
		else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			lint_warn(problems, "windows-path", entry, pattern_place(p),
				"'\\%c' is '%c'; sections are separated by '/'", c, c);
		i++;
	}
	if (p->key.n > 1 && p->key.p[0] == entry->dialect->separators[0])
		lint_warn(problems, "absolute-pattern", entry, pattern_place(p),
			"patterns are relative to 'base'; the '%c' in front means nothing",
			p->key.p[0]);
}

static void lint_tests(const struct entry *entry, const struct pattern *p,
	struct problems *problems)
{
	bool broad = span_starts(p->key, span_of("**"));

	for (size_t i = 0; broad && i < p->n_tests; i++)
		if (entry->rule.kind == &kind_file && p->tests[i].field == FILE_EXECUTABLE)
			lint_warn(problems, "executable-test", entry, pattern_place(p),
				"the test 'executable' opens every file below the base; a 'key' "
				"that begins with a folder keeps that cheap");
}

/* The lines of one key, cut. */
struct lines {
	const struct patterns *patterns;
	const struct glob_section **cuts;
};

/* An include that an exclude takes back, or a line another line of its list makes needless. */
static void lint_covered(const struct entry *entry, const struct lines *of, const struct lines *by,
	struct arena *a, struct problems *problems)
{
	for (size_t i = 0; i < of->patterns->n; i++)
		for (size_t k = 0; k < by->patterns->n; k++) {
			const struct pattern *p = &of->patterns->list[i];
			const struct pattern *q = &by->patterns->list[k];

			if (p == q || q->n_tests || !covers(by->cuts[k], of->cuts[i]))
				continue;
			if (of != by)
				lint_warn(problems, "never-matches", entry, pattern_place(p),
					"nothing of \"%s\" is left by the exclude \"%s\" in line "
					"%u",
					problem_quote(a, p->key), problem_quote(a, q->key),
					q->line);
			else if (k < i || !covers(of->cuts[i], by->cuts[k]) || p->n_tests)
				lint_warn(problems, "redundant-pattern", entry, pattern_place(p),
					"\"%s\" is held by \"%s\" in line %u already",
					problem_quote(a, p->key), problem_quote(a, q->key),
					q->line);
			else
				continue; /* equal: the later one is named */
			break;
		}
}

static void lint_all_out(const struct entry *entry, const struct lines *out, struct arena *a,
	struct problems *problems)
{
	const struct glob_section *all = cut(a, span_of("**"), entry->dialect);

	for (size_t i = 0; entry->include.n == 0 && i < entry->exclude.n; i++)
		if (!entry->exclude.list[i].n_tests && covers(out->cuts[i], all))
			lint_warn(problems, "never-matches", entry,
				pattern_place(&entry->exclude.list[i]),
				"it excludes everything the rule holds");
}

void lint_patterns(const struct entry *entry, struct problems *problems)
{
	AUTO_FREE(arena) a = arena_new();
	const struct lines in = { &entry->include, cut_all(a, &entry->include, entry->dialect) };
	const struct lines out = { &entry->exclude, cut_all(a, &entry->exclude, entry->dialect) };
	const struct lines *sets[] = { &in, &out };

	for (size_t s = 0; s < ARRAY_LEN(sets); s++)
		for (size_t i = 0; i < sets[s]->patterns->n; i++) {
			lint_text(entry, &sets[s]->patterns->list[i], problems);
			lint_tests(entry, &sets[s]->patterns->list[i], problems);
		}
	lint_covered(entry, &in, &out, a, problems);
	lint_covered(entry, &in, &in, a, problems);
	lint_covered(entry, &out, &out, a, problems);
	lint_all_out(entry, &out, a, problems);
}

static bool is_below(struct span path, const char *folder)
{
	struct span f = span_of(folder);

	return span_starts(path, f) && (path.n == f.n || path.p[f.n] == '/');
}

/* Does the rule hold whole trees below its base? */
static bool is_deep(const struct entry *entry)
{
	AUTO_FREE(arena) a = arena_new();
	const char *sep = entry->dialect == &glob_registry ? "*\\*\\**" : "*/*/**";
	const struct glob_section *below = cut(a, span_of(sep), entry->dialect);

	for (size_t i = 0; i < entry->exclude.n; i++)
		if (!entry->exclude.list[i].n_tests &&
			covers(cut(a, entry->exclude.list[i].key, entry->dialect), below))
			return false;
	for (size_t i = 0; i < entry->include.n; i++)
		if (span_starts(entry->include.list[i].key, span_of("**")))
			return true;
	return entry->include.n == 0;
}

/* Folders the running system fills. Below some of them single folders are worth watching whole. */
static const struct {
	const char *path;
	bool below;
} moving[] = {
	{ "/proc", true },
	{ "/sys", true },
	{ "/tmp", true },
	{ "/var/tmp", true },
	{ "/dev", false },
	{ "/run", false },
	{ "/var/run", false },
};

/* A drive, or a hive as a whole. */
static bool is_top(struct span base)
{
	return (base.n == 3 && path_is_windows(base)) || span_is(base, "HKLM") ||
	       span_is(base, "HKU");
}

static void lint_base(const struct entry *entry, const struct base *base, struct problems *problems)
{
	struct place at = { base->file, base->line, base->column };

	if (span_is(base->text, "/") || is_top(base->text))
		lint_warn(problems, "broad-recursion", entry, at,
			"the rule goes through the whole system; name the folders that matter");
	for (size_t k = 0; k < ARRAY_LEN(moving); k++)
		if (moving[k].below ? is_below(base->text, moving[k].path)
				    : span_is(base->text, moving[k].path))
			lint_warn(problems, "volatile-tree", entry, at,
				"what lies below '%s' is made by the running system and changes "
				"all the time; include single names, or only some types",
				moving[k].path);
}

void lint_bases(const struct entry *entry, struct problems *problems)
{
	if (!is_deep(entry) || entry->depth || entry->rule.types ||
		entry->rule.expect == EXPECT_ABSENT)
		return;
	for (size_t i = 0; i < entry->n_bases; i++)
		lint_base(entry, &entry->bases[i], problems);
}
