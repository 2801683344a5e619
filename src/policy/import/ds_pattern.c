/* Bases, keys and tests of entity sets as bases and lines of rules. Where a line cannot say exactly
 * what it said there, includes become wider and excludes are left out: more is watched, never less.
 */
#include "core/glob.h"
#include "entity/key.h"
#include "policy/import/deep_security.h"

#define KEYS_MAX 16
#define ALTERNATIVES_MAX 16
#define TESTS_MAX 16

void ds_lines_add(struct arena *a, struct ds_lines *l, struct ds_line line)
{
	if (l->n == l->cap) {
		struct ds_line *list = arena_get(a, (2 * l->cap + 8) * sizeof *list);

		if (l->n)
			memcpy(list, l->list, l->n * sizeof *list);
		l->list = list;
		l->cap = 2 * l->cap + 8;
	}
	l->list[l->n++] = line;
}

const struct import_pattern *ds_import_patterns(struct arena *a, const struct ds_lines *l)
{
	struct import_pattern *ret = arena_get(a, (l->n + 1) * sizeof *ret);

	for (size_t i = 0; i < l->n; i++)
		ret[i] = l->list[i].pattern;
	return ret;
}

/* ---- bases ---- */

static const struct {
	const char *name, *is;
} folders[] = {
	{ "SYSTEMROOT", "${windows}" },
	{ "WINDIR", "${windows}" },
	{ "PROGRAMFILES", "${program_files}" },
	{ "PROGRAMW6432", "${program_files}" },
	{ "PROGRAMFILES(X86)", "${program_files_x86}" },
	{ "COMMONPROGRAMFILES", "${program_files}\\Common Files" },
	{ "COMMONPROGRAMFILES(X86)", "${program_files_x86}\\Common Files" },
	{ "ALLUSERSPROFILE", "${program_data}" },
	{ "PROGRAMDATA", "${program_data}" },
	{ "SYSTEMDRIVE", "C:" },
};

static void add_variable(struct ds_rule *r, struct span name, struct buf *ret)
{
	const char *text = arena_text(r->a, name);

	if (span_starts(name, span_of("env."))) {
		for (size_t i = 0; i < ARRAY_LEN(folders); i++)
			if (xml_same(text + 4, folders[i].name)) {
				buf_add_text(ret, folders[i].is);
				return;
			}
		ds_note(r, r->node,
			"the environment variable '%s' is read where the policy is loaded, and "
			"must "
			"be set there, or be replaced by a path (8003)",
			text + 4);
	} else if (span_starts(name, span_of("reg."))) {
		ds_note(r, r->node,
			"'${%s}' is read from the registry there; write the path (8012)", text);
	}
	buf_addf(ret, "${%s}", text);
}

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* One section up, but not beyond what stands in front of all. */
static void go_up(struct buf *b, size_t root, char separator)
{
	const char *before = span_last(buf_span(b), separator);
	size_t at = before ? (size_t)(before - b->p) : 0;

	if (at > root || (at == root && root == 0 && before))
		b->n = at;
	else if (root)
		b->n = root;
}

/* Without "." and "..", as the agent resolves them. What a variable stands for cannot be left. */
static struct span resolve(struct ds_rule *r, struct span text, char separator)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	size_t start = 0, root;

	while (start < text.n && is_separator(text.p[start]))
		buf_add_char(&b, text.p[start++]);
	root = b.n;
	for (size_t i = start; i <= text.n; i++) {
		struct span section = { text.p + start, i - start };

		if (i < text.n && !(separator == '/' ? text.p[i] == '/' : is_separator(text.p[i])))
			continue;
		start = i + 1;
		if (section.n == 0 || span_is(section, "."))
			continue;
		if (span_is(section, "..") && b.n && b.p[b.n - 1] != '}') {
			go_up(&b, root, separator);
			continue;
		}
		if (b.n > root)
			buf_add_char(&b, separator);
		buf_add_span(&b, section);
	}
	if ((b.n == 2 && b.p[1] == ':') || b.n == 0)
		buf_add_char(&b, separator);
	return arena_copy(r->a, buf_span(&b));
}

struct span ds_base(struct ds_rule *r, const char *text)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	struct span s = span_of(text), name;

	for (size_t i = 0; i < s.n; i++) {
		struct span rest = span_from_offset(s, i + 2);

		if (s.p[i] != '$' || i + 2 >= s.n || s.p[i + 1] != '{' ||
			!span_cut(&rest, '}', &name) || !rest.p) {
			buf_add_char(&b, s.p[i]);
			continue;
		}
		add_variable(r, name, &b);
		i += name.n + 2;
	}
	s = arena_copy(r->a, buf_span(&b));
	if (r->set->shape != DS_PATH) {
		while (s.n && is_separator(s.p[s.n - 1]))
			s.n--;
		return ds_escape_registry(r->a, s);
	}
	if (span_find(s, span_of("%")) && !span_starts(s, span_of("/")))
		ds_note(r, r->node, "'%%NAME%%' is no variable there, nor here");
	r->windows = path_is_windows(s) || span_starts(s, span_of("${windows}")) ||
		     span_starts(s, span_of("${program_")) || span_find(s, span_of("\\"));
	if (r->windows && span_find(s, span_of("~")))
		ds_note(r, r->node, "a short name (8.3) is not expanded here; write the long one");
	return resolve(r, s, r->windows ? '\\' : '/');
}

/* ---- keys of sets with a base ---- */

struct span ds_escape_registry(struct arena *a, struct span text)
{
	AUTO(buf) b = BUF_INIT(1 << 20);

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '[')
			buf_add_text(&b, "[[]");
		else
			buf_add_char(&b, text.p[i]);
	return arena_copy(a, buf_span(&b));
}

struct key {
	const struct xml *at;
	struct span text;
	bool exclude;
};

/* A '\' takes what is behind it as it is, and no name of Windows holds '\': so it matched nothing,
 * and its author meant a separator. False: leave the line out. */
static bool windows_key(struct ds_rule *r, struct key *k)
{
	char *p;

	if (!span_find(k->text, span_of("\\")))
		return true;
	if (k->exclude) {
		ds_note(r, k->at,
			"the exclude '%s' is left out: there '\\' takes the next character as it "
			"is "
			"and separates nothing, so it excluded nothing",
			k->text.p);
		return false;
	}
	ds_note(r, k->at, "'\\' in the key '%s' separated nothing there; it does here", k->text.p);
	p = arena_get(r->a, k->text.n + 1);
	for (size_t i = 0; i < k->text.n; i++)
		p[i] = k->text.p[i] == '\\' ? '/' : k->text.p[i];
	k->text.p = p;
	return true;
}

/* Case counts on Unix unless it is said not to: any letter, then. */
static struct span any_case(struct ds_rule *r, struct span key)
{
	char *p = arena_get(r->a, key.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i] == '\\' && i + 1 < key.n ? key.p[i + 1] : key.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (letter && key.p[i] == '\\')
			i++;
		p[n++] = letter ? '?' : key.p[i];
	}
	return (struct span){ p, n };
}

static void apply_case(struct ds_rule *r, const struct xml *tag, struct key *k)
{
	const char *said = xml_attribute(tag, "casesensitive");
	bool windows = r->windows || r->set->windows_only;

	if (!said || xml_same(said, "platform"))
		return;
	if (windows && xml_same(said, "true"))
		ds_note(r, tag, "case is ignored here, as Windows does");
	if (windows || !xml_same(said, "false"))
		return;
	if (k->exclude || r->set->shape == DS_FLAT) {
		ds_note(r, tag, "case counts here: '%s' is taken as it is written", k->text.p);
	} else {
		ds_note(r, tag, "case counts here: each letter of '%s' became '?'", k->text.p);
		k->text = any_case(r, k->text);
	}
}

/* "a//b", "/a", "a/" have sections without a name. False: it matches nothing. */
static bool clean_sections(struct ds_rule *r, struct key *k)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	struct span rest = k->text, section;
	bool closed = rest.n && rest.p[rest.n - 1] == '/';

	while (span_cut(&rest, '/', &section)) {
		if (section.n == 0)
			continue;
		if (b.n)
			buf_add_char(&b, '/');
		buf_add_span(&b, section);
	}
	if (closed && r->set->shape != DS_VALUE) {
		ds_note(r, k->at, "the key '%s' ends in '/' and matches nothing", k->text.p);
		return false;
	}
	if (closed)
		buf_add_char(&b, '/');
	k->text = arena_copy(r->a, buf_span(&b));
	return b.n > 0;
}

/* A pattern of a file without ':' is of its alternate streams, too. */
static bool needs_streams(struct span key)
{
	const char *slash = span_last(key, '/');
	struct span last = slash ? span_from_offset(key, (size_t)(slash + 1 - key.p)) : key;

	return last.n && last.p[last.n - 1] != '*' && !memchr(last.p, ':', last.n);
}

/* Key and name of a value; "**" as the last section is any key and any value. */
static void split_value(struct ds_rule *r, struct span key, struct ds_line *ret)
{
	const char *slash = span_last(key, '/');
	struct span last = slash ? span_from_offset(key, (size_t)(slash + 1 - key.p)) : key;
	struct span first = slash ? (struct span){ key.p, (size_t)(slash - key.p) } : span_of("/");
	char *p;

	if (slash && slash == key.p)
		first = span_of("/");
	ret->name = ds_escape_registry(r->a, last);
	if (span_is(last, "**")) {
		first = key;
		ret->name = span_of("*");
	}
	first = ds_escape_registry(r->a, first);
	p = arena_get(r->a, first.n + 1);
	for (size_t i = 0; i < first.n; i++)
		p[i] = first.p[i] == '/' ? '\\' : first.p[i];
	ret->pattern.key = (struct span){ p, first.n };
}

/* The lines one key makes, before tests. */
static size_t base_keys(struct ds_rule *r, struct key *k, struct ds_line ret[KEYS_MAX])
{
	size_t n = 0;

	if ((r->windows || r->set->windows_only) && !windows_key(r, k))
		return 0;
	if (!clean_sections(r, k))
		return 0;
	ret[n++] = (struct ds_line){ .pattern = { .key = k->text } };
	if (r->set->shape == DS_VALUE || r->set->shape == DS_KEY) {
		struct ds_line line = { 0 };
		struct span text =
			r->set->shape == DS_KEY
				? span_of(arena_format(r->a, "%s/", arena_text(r->a, k->text)))
				: k->text;

		split_value(r, text, &line);
		if (r->set->shape == DS_KEY)
			line.name = SPAN_NONE;
		ret[0] = line;
	} else if (r->windows && strcmp(r->set->id, "file") == 0 && needs_streams(k->text)) {
		ret[n++] = (struct ds_line){ .pattern = { .key = span_of(arena_format(r->a, "%s:*",
								  arena_text(r->a, k->text))) } };
	}
	return n;
}

static size_t flat_keys(struct ds_rule *r, const struct key *k, struct ds_line ret[KEYS_MAX])
{
	struct span keys[4];
	const char *note = NULL;
	size_t n = r->set->keys(r->a, k->text, k->exclude, keys, &note);

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct ds_line){ .pattern = { .key = keys[i] } };
	if (note)
		ds_note(r, k->at, "%s", note);
	return n;
}

/* ---- tests ---- */

struct tests {
	struct import_test list[ALTERNATIVES_MAX][TESTS_MAX];
	size_t n_tests[ALTERNATIVES_MAX];
	size_t n; /* alternatives: one of them must hold */
};

/* Each alternative once more for each of the n ways a test can hold. */
static bool multiply(struct tests *t, const struct import_test *ways, size_t n)
{
	size_t before = t->n;

	if (before * n > ALTERNATIVES_MAX)
		return false;
	for (size_t i = 0; i < before; i++)
		if (t->n_tests[i] == TESTS_MAX)
			return false;
	for (size_t w = n; w-- > 0;)
		for (size_t i = 0; i < before; i++) {
			size_t to = w * before + i;

			memcpy(t->list[to], t->list[i], sizeof t->list[i]);
			t->n_tests[to] = t->n_tests[i];
		}
	for (size_t w = 0; w < n; w++)
		for (size_t i = 0; i < before; i++)
			t->list[w * before + i][t->n_tests[w * before + i]++] = ways[w];
	t->n = before * n;
	return true;
}

/* The text of a test: as a path of Windows where it is one (docs/POLICY.md, "Kinds without paths").
 */
static const char *glob_value(struct ds_rule *r, const char *text)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	struct span s = span_of(text);
	size_t stars = strspn(text, "*");

	if (!memchr(s.p, '\\', s.n) || path_is_windows(s))
		return text;
	buf_add(&b, text, stars);
	if (stars && text[stars] == '\\')
		buf_add_char(&b, '\\'); /* once more in front: a path */
	for (size_t i = stars; text[i]; i++) {
		buf_add_char(&b, text[i]);
		if (text[i] == '\\' && !(stars && text[stars] == '\\'))
			buf_add_char(&b, '\\');
	}
	return arena_text(r->a, buf_span(&b));
}

static bool executable_test(struct ds_rule *r, bool yes, struct tests *t)
{
	const struct import_test native = { "executable", r->windows ? "pe:*" : "elf" };
	const struct import_test others[] = { { "executable", "false" },
		{ "executable", "script:*" } };

	return yes ? multiply(t, &native, 1) : multiply(t, others, ARRAY_LEN(others));
}

static bool flag_test(const struct ds_feature *f, bool yes, struct tests *t)
{
	const struct import_test ways[] = { { f->fields[0], yes ? "true" : "false" },
		{ f->fields[1], yes ? "true" : "false" } };

	if (!f->fields[1])
		return multiply(t, ways, 1);
	return yes ? multiply(t, ways, 2) : multiply(t, &ways[0], 1) && multiply(t, &ways[1], 1);
}

static bool glob_test(struct ds_rule *r, const struct ds_feature *f, const char *value,
	struct tests *t)
{
	const char *text = glob_value(r, value);
	const struct import_test ways[] = { { f->fields[0], text }, { f->fields[1], text } };

	return f->fields[0] && multiply(t, ways, f->fields[1] ? 2 : 1);
}

/* One attribute of include or exclude. False: it could not be said. */
static bool add_test(struct ds_rule *r, const struct xml *tag, const struct xml_attribute *a,
	struct tests *t)
{
	const struct ds_feature *f = r->set->features;
	bool yes = xml_same(a->value, "true"), done;

	while (f->name && !xml_same(f->name, a->name))
		f++;
	if (!f->name) {
		ds_note(r, tag, "unknown or unsupported test '%s' of %s (8007, 8008)", a->name,
			r->set->name);
		return false;
	}
	if (f->value == DS_FLAG && !yes && !xml_same(a->value, "false")) {
		ds_note(r, tag, "the test '%s' is neither true nor false: '%s'", a->name, a->value);
		return false;
	}
	if (f->value == DS_FLAG)
		done = f->fields[0] ? flag_test(f, yes, t) : executable_test(r, yes, t);
	else
		done = glob_test(r, f, a->value, t);
	if (!done)
		ds_note(r, tag, "the test '%s' has no counterpart", a->name);
	return done;
}

static bool add_tests(struct ds_rule *r, const struct xml *tag, struct tests *t)
{
	bool whole = true;

	t->n = 1;
	t->n_tests[0] = 0;
	for (const struct xml_attribute *a = tag->attributes; a->name; a++)
		if (!xml_same(a->name, "key") && !xml_same(a->name, "casesensitive") &&
			!add_test(r, tag, a, t))
			whole = false;
	return whole;
}

/* ---- include, exclude ---- */

static size_t keys_of(struct ds_rule *r, const struct xml *tag, const char *ret[KEYS_MAX])
{
	const char *own = xml_attribute(tag, "key");
	size_t n = 0;

	if (own && *own)
		ret[n++] = own;
	for (const struct xml *c = tag->child; c; c = c->next) {
		const char *p = xml_attribute(c, "pattern");

		if (!xml_is(c, "key") || !p || n == KEYS_MAX) {
			ds_note(r, c, "'%s' is not understood in '%s'", c->name, tag->name);
			continue;
		}
		ret[n++] = p;
	}
	return n;
}

/* All keys of a line must match. Those that say the same or nothing are dropped; of others one is
 * kept, which is wider. False: leave an exclude out. */
static bool one_key(struct ds_rule *r, const struct xml *tag, bool exclude, const char **keys,
	size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		bool needless = (r->set->shape != DS_FLAT && strcmp(keys[i], "**") == 0) ||
				(r->set->shape == DS_FLAT && strcmp(keys[i], "*") == 0);

		if (*n > 1 && (needless || (kept && strcmp(keys[i], keys[0]) == 0)) &&
			!(kept == 0 && i + 1 == *n))
			continue;
		keys[kept++] = keys[i];
	}
	*n = kept;
	if (kept < 2)
		return true;
	*n = 1;
	if (exclude)
		ds_note(r, tag,
			"the exclude is left out: several keys in one line have no counterpart");
	else
		ds_note(r, tag, "of several keys in one line only '%s' is taken, which is wider",
			keys[0]);
	return !exclude;
}

static void add_lines(struct ds_rule *r, const struct tests *t, const struct ds_line *keys,
	size_t n, struct ds_lines *out)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < t->n; i++) {
			struct ds_line line = keys[k];
			struct import_test *tests = arena_get(r->a, sizeof t->list[i]);

			memcpy(tests, t->list[i], sizeof t->list[i]);
			line.pattern.tests = tests;
			line.pattern.n_tests = t->n_tests[i];
			ds_lines_add(r->a, out, line);
		}
}

static void add_tag(struct ds_rule *r, const struct xml *tag, bool exclude)
{
	struct ds_lines *out = exclude ? &r->exclude : &r->include;
	struct key key = { .at = tag, .exclude = exclude };
	struct ds_line lines[KEYS_MAX] = { 0 };
	const char *keys[KEYS_MAX];
	struct tests tests;
	size_t n = keys_of(r, tag, keys), made = 1;

	if (!one_key(r, tag, exclude, keys, &n))
		return;
	if (!add_tests(r, tag, &tests) && exclude) {
		ds_note(r, tag, "the exclude is left out");
		return;
	}
	if (n) {
		key.text = span_of(keys[0]);
		apply_case(r, tag, &key);
		made = r->set->shape == DS_FLAT ? flat_keys(r, &key, lines)
						: base_keys(r, &key, lines);
	} else if (r->set->shape == DS_FLAT && r->set->keys) {
		key.text = span_of("*");
		made = flat_keys(r, &key, lines);
	} else {
		lines[0].pattern.key = span_of("**");
		lines[0].name = span_of("*");
	}
	add_lines(r, &tests, lines, made, out);
}

bool ds_patterns(struct ds_rule *r)
{
	for (const struct xml *c = r->node->child; c; c = c->next) {
		bool exclude = xml_is(c, "exclude");

		if (!exclude && !xml_is(c, "include"))
			continue;
		if (r->set->shape == DS_QUERY) {
			ds_note(r, c, "'%s' has no counterpart; narrow the query by WHERE",
				c->name);
			continue;
		}
		r->had_include = r->had_include || !exclude;
		add_tag(r, c, exclude);
	}
	return !r->had_include || r->include.n;
}
