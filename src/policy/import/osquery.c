/* osquery.conf: file_paths and exclude_paths, and what scheduled queries ask of the table registry.
 * https://osquery.readthedocs.io/en/stable/deployment/file-integrity-monitoring/ */
#include "policy/import/osquery.h"

#include <ctype.h>
#include <jansson.h>

#include "core/attr.h"
#include "entity/file.h"
#include "policy/import/importers.h"
#include "policy/import/paths.h"

#define PATHS_MAX 4096   /* in one list */
#define QUERIES_MAX 4096 /* in all */
#define EXCLUDES_MAX 1000

unsigned osquery_line(const struct osquery *o, const char *name)
{
	const char *quoted = arena_format(import_arena(o->x), "\"%s\"", name);
	const char *hit = span_find(o->text, span_of(quoted));
	unsigned line = 1;

	for (const char *p = o->text.p; hit && p < hit; p++)
		line += *p == '\n';
	return hit ? line : 0;
}

/* ---- paths ---- */

/* One path of theirs in our language. */
struct osquery_path {
	struct span base, pattern; /* pattern empty: the base, and what lies in it directly */
	bool exact;
};

static bool is_windows(struct span p)
{
	return (p.n > 2 && isalpha((unsigned char)p.p[0]) && p.p[1] == ':' &&
		       (p.p[2] == '\\' || p.p[2] == '/')) ||
	       (p.n > 2 && p.p[0] == '\\' && p.p[1] == '\\');
}

/* A section: "%" and "*" are any characters, "%%" and "**" alone any number of sections. What a
 * shell's glob() has besides becomes "*". */
static void add_section(struct buf *b, struct span s, bool windows, bool *exact)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		char close = c == '[' ? ']' : '}';
		const char *end = c == '[' || c == '{' ? memchr(s.p + i, close, s.n - i) : NULL;

		if (c == '%' || c == '*' || end) {
			if (!b->n || b->p[b->n - 1] != '*')
				buf_add_char(b, '*');
			*exact &= !end;
			i = end ? (size_t)(end - s.p) : i;
		} else if (c == '?' || (windows && c == '$')) {
			buf_add_char(b, '?');
			*exact &= c == '?';
		} else if (windows) {
			buf_add_char(b, c);
		} else {
			paths_literal(b, c);
		}
	}
}

static bool is_deep(struct span s)
{
	return span_is(s, "%%") || span_is(s, "**");
}

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("%*?[{\\$", s.p[i]))
			return false;
	return s.n > 0;
}

static struct span next_section(struct span *rest, bool windows)
{
	size_t n = 0;
	struct span ret;

	while (n < rest->n && rest->p[n] != '/' && !(windows && rest->p[n] == '\\'))
		n++;
	ret = (struct span){ rest->p, n };
	*rest = span_from_offset(*rest, n + 1);
	return ret;
}

static bool convert(struct arena *a, struct span path, struct osquery_path *ret)
{
	AUTO(buf) base = BUF_INIT(8192);
	AUTO(buf) pattern = BUF_INIT(8192);
	bool windows = is_windows(path), varies = false, share = windows && path.p[0] == '\\';
	struct span rest = path, section;

	*ret = (struct osquery_path){ .exact = true };
	if (!windows && (path.n == 0 || path.p[0] != '/'))
		return false;
	if (share) {
		buf_add_text(&base, "\\\\");
		rest = span_from_offset(path, 2);
	}
	while (rest.n) {
		section = next_section(&rest, windows);
		if (section.n == 0)
			continue;
		if (span_is(section, ".") || span_is(section, ".."))
			return false;
		varies = varies || !is_plain(section);
		if (!varies) {
			if (!windows || (base.n && base.p[base.n - 1] != '\\'))
				buf_add_char(&base, windows ? '\\' : '/');
			buf_add_span(&base, section);
			continue;
		}
		buf_add_text(&pattern, pattern.n ? "/" : "");
		if (is_deep(section)) /* everything below, not the folder itself */
			buf_add_text(&pattern, rest.n ? "**" : "*/**");
		else
			add_section(&pattern, section, windows, &ret->exact);
	}
	if (base.full || pattern.full)
		return false;
	if (base.n == 0 || (windows && base.n == 2))
		buf_add_char(&base, windows ? '\\' : '/');
	ret->base = arena_copy(a, buf_span(&base));
	ret->pattern = paths_printable(a, arena_copy(a, buf_span(&pattern)), &ret->exact);
	return !windows || ret->base.n > 2;
}

/* What the exclude leaves out below the base, as a pattern; false: nothing. */
static bool exclude_below(struct arena *a, const struct osquery_path *by, struct span base,
	struct span *ret)
{
	bool windows = is_windows(base);
	char separator = windows ? '\\' : '/';
	struct span below = by->base;
	AUTO(buf) b = BUF_INIT(16384);

	if (windows != is_windows(by->base) || !by->exact)
		return false;
	if (!span_starts(below, base)) { /* further up: only what holds for all below */
		if (!span_starts(base, below) || !by->pattern.n ||
			(base.p[below.n] != separator && below.p[below.n - 1] != separator))
			return false;
		if (windows)
			return span_is(by->pattern, "*/**") && ((*ret = span_of("**")), true);
		return paths_below(span_of(arena_format(a, "%.*s/%.*s",
					   by->base.n > 1 ? (int)by->base.n : 0, by->base.p,
					   SPAN_ARG(by->pattern))),
			base, ret);
	}
	below = span_from_offset(below, base.n);
	if (below.n && below.p[0] != separator && base.p[base.n - 1] != separator)
		return false;
	while (below.n && below.p[0] == separator)
		below = span_from_offset(below, 1);
	buf_add_span(&b, below);
	if (by->pattern.n)
		buf_addf(&b, "%s%.*s", b.n ? "/" : "", SPAN_ARG(by->pattern));
	if (b.n == 0)
		buf_add_char(&b, '/');
	*ret = arena_copy(a, buf_span(&b));
	return !b.full;
}

/* ---- categories ---- */

/* What one category leaves out. */
struct excludes {
	struct osquery_path *list;
	size_t n;
};

static void add_rule(struct osquery *o, const char *category, unsigned line, struct span path,
	const struct osquery_path *p, const struct excludes *without)
{
	struct arena *a = import_arena(o->x);
	struct import_pattern include[2] = { { .key = p->pattern.n ? p->pattern : span_of("/") },
		{ .key = span_of("*") } };
	struct import_rule r = { .id = span_of(category),
		.title = span_of(arena_format(a, "osquery %s", category)),
		.kind = &kind_file,
		.bases = &p->base,
		.n_bases = 1,
		.include = include,
		.n_include = p->pattern.n ? 1 : 2,
		.exclude = o->excludes,
		.line = line };

	for (size_t i = 0; i < without->n; i++)
		if (exclude_below(a, &without->list[i], p->base, &o->excludes[r.n_exclude].key))
			r.n_exclude++;
	if (!p->exact)
		import_note(o->x, line, "%s: %.*s: a set became '*', which takes more", category,
			(int)(path.n > 200 ? 200 : path.n), path.p);
	import_add(o->x, &r);
}

static bool path_of(struct osquery *o, const json_t *item, struct span *ret_text,
	struct osquery_path *ret)
{
	*ret_text = span_from(json_string_value(item), json_string_length(item));
	return ret_text->p && !memchr(ret_text->p, 0, ret_text->n) &&
	       convert(import_arena(o->x), *ret_text, ret);
}

static void category(struct osquery *o, const char *name, const json_t *list,
	const struct excludes *without)
{
	unsigned line = osquery_line(o, name);

	if (!json_is_array(list) || json_array_size(list) > PATHS_MAX) {
		import_note(o->x, line, "file_paths: %.200s is no list of up to %d paths", name,
			PATHS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct span text;
		struct osquery_path p;

		if (path_of(o, json_array_get(list, i), &text, &p))
			add_rule(o, name, line, text, &p, without);
		else
			import_note(o->x, line, "file_paths: %.200s: '%.200s' is no absolute path",
				name, text.p ? text.p : "?");
	}
}

/* Says which of them are not taken over. */
static struct excludes read_excludes(struct osquery *o, const char *name, const json_t *list)
{
	size_t n = json_array_size(list), most = n < EXCLUDES_MAX ? n : EXCLUDES_MAX;
	struct excludes ret = { arena_get(import_arena(o->x), (most + 1) * sizeof *ret.list), 0 };
	unsigned line = n ? osquery_line(o, name) : 0;

	if (list && !json_is_array(list))
		import_note(o->x, osquery_line(o, name),
			"exclude_paths: %.200s is no list: nothing is left out", name);
	if (n > most)
		import_note(o->x, line, "exclude_paths: of %.200s only the first %d are taken",
			name, EXCLUDES_MAX);
	for (size_t i = 0; i < most; i++) {
		struct osquery_path p;
		struct span text;

		if (path_of(o, json_array_get(list, i), &text, &p) && p.exact)
			ret.list[ret.n++] = p;
		else
			import_note(o->x, line,
				"exclude_paths: %.200s: '%.200s' has no exact counterpart: nothing "
				"is left out",
				name, text.p ? text.p : "?");
	}
	return ret;
}

static void file_paths(struct osquery *o, json_t *root)
{
	json_t *paths = json_object_get(root, "file_paths");
	json_t *excludes = json_object_get(root, "exclude_paths"), *list;
	const char *name;

	json_object_foreach(excludes, name, list) if (!json_object_get(paths, name))
		import_note(o->x, osquery_line(o, name),
			"exclude_paths: %.200s is no category of file_paths: nothing is "
			"left out",
			name);
	json_object_foreach(paths, name, list)
	{
		struct excludes without = read_excludes(o, name, json_object_get(excludes, name));

		category(o, name, list, &without);
	}
}

/* ---- queries ---- */

static void queries(struct osquery *o, json_t *schedule)
{
	json_t *item;
	const char *name;

	json_object_foreach(schedule, name, item)
	{
		json_t *query = json_is_string(item) ? item : json_object_get(item, "query");

		if (o->n_queries++ == QUERIES_MAX)
			import_note(o->x, 0, "more than %d queries: the others are not looked at",
				QUERIES_MAX);
		if (o->n_queries > QUERIES_MAX)
			return;
		if (!json_is_string(query) ||
			!osquery_registry(o, name,
				span_from(json_string_value(query), json_string_length(query))))
			import_note(o->x, osquery_line(o, name),
				"query %.200s: what it asks has no rule here", name);
	}
}

static void packs(struct osquery *o, json_t *list)
{
	json_t *item;
	const char *name;

	json_object_foreach(list, name, item)
	{
		if (json_is_object(item))
			queries(o, json_object_get(item, "queries"));
		else
			import_note(o->x, osquery_line(o, name),
				"pack %.200s is in a file of its own; import it, too", name);
	}
}

/* Lines that are comments, and the line ends of texts that go on, as blanks: JSON has neither. */
static struct span plain_json(struct arena *a, struct span text)
{
	char *p = (char *)(uintptr_t)arena_copy(a, text).p;
	bool start = true, comment = false;

	for (size_t i = 0; i < text.n; i++) {
		if (p[i] == '\\' && i + 1 < text.n && p[i + 1] == '\n') {
			p[i] = p[i + 1] = ' ';
		} else if (p[i] == '\n') {
			start = true;
			comment = false;
		} else if (start &&
			   (p[i] == '#' || (p[i] == '/' && i + 1 < text.n && p[i + 1] == '/'))) {
			comment = true;
			p[i] = ' ';
		} else if (comment) {
			p[i] = ' ';
		} else if (!isspace((unsigned char)p[i])) {
			start = false;
		}
	}
	return (struct span){ p, text.n };
}

static int run(struct import *x, struct span text, struct err *e)
{
	static const char *const known[] = { "file_paths", "exclude_paths", "schedule", "packs",
		"queries" };
	struct osquery o = { .x = x,
		.text = text,
		.excludes = arena_get(import_arena(x), EXCLUDES_MAX * sizeof *o.excludes) };
	struct span plain = plain_json(import_arena(x), text);
	json_error_t why = { 0 };
	json_t *root = json_loadb(plain.n ? plain.p : "", plain.n, 0, &why), *item;
	const char *name;

	if (!root || !json_is_object(root)) {
		json_decref(root);
		return err_set(e, ERR_FORMAT, "line %d, column %d: %.200s", root ? 1 : why.line,
			root ? 1 : why.column, root ? "no JSON object" : why.text);
	}
	json_object_foreach(root, name, item)
	{
		bool found = false;

		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			found |= strcmp(name, known[i]) == 0;
		if (!found)
			import_note(x, osquery_line(&o, name), "%.200s: %s", name,
				strcmp(name, "file_accesses") == 0
					? "that files are read is not watched"
				: strcmp(name, "file_paths_query") == 0
					? "paths that a query finds are not taken over"
					: "not needed");
	}
	file_paths(&o, root);
	queries(&o, json_object_get(root, "schedule"));
	queries(&o, json_object_get(root, "queries")); /* a pack by itself */
	packs(&o, json_object_get(root, "packs"));
	json_decref(root);
	return 0;
}

static bool knows(struct span text)
{
	static const char *const names[] = { "\"file_paths\"", "\"schedule\"", "\"packs\"",
		"\"queries\"" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (memchr(text.p ? text.p : "", '{', text.n) && span_find(text, span_of(names[i])))
			return true;
	return false;
}

const struct importer importer_osquery = {
	.name = "osquery",
	.text = "osquery: osquery.conf, or a pack of queries",
	.knows = knows,
	.run = run,
};
