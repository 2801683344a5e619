#include "policy/bind.h"

#include "entity/file.h"

static int refuse_base(struct binder *b, const struct node *n, struct err *e, const char *expected)
{
	return bind_refuse(b, "bad-base", n->at, e, "found the base %s, %s",
		node_found(b->arena, n), expected);
}

static int check_base(struct binder *b, const struct node *n, struct span text, struct err *e)
{
	struct glob_section *s;
	size_t count;

	if (text.n == 0 || (text.p[0] != '/' && !path_is_windows(text)))
		return refuse_base(b, n, e, "expected an absolute path ('/…', 'C:\\…')");
	if (key_pattern(&kind_file, text, b->arena, &s, &count, e) < 0)
		return refuse_base(b, n, e, arena_format(b->arena, "but %s", e->text));
	for (size_t i = 0; i < count; i++) {
		if (s[i].how == GLOB_LITERAL &&
			(span_is(s[i].text, "..") || span_is(s[i].text, ".")))
			return refuse_base(b, n, e, "expected a path without '.' and '..'");
		if (s[i].how == GLOB_DEEP)
			return refuse_base(b, n, e,
				"expected no '**' there (a base holds all below it, 'include' can "
				"narrow it)");
		if (s[i].how != GLOB_LITERAL && i + 1 < count)
			return refuse_base(b, n, e,
				"expected wildcards in the last part of the path only");
	}
	return 0;
}

/* "c:/dir/" is "C:\dir". */
static struct span windows_path(struct arena *a, struct span text)
{
	char *p = arena_get(a, text.n + 1);
	size_t n = text.n;

	for (size_t i = 0; i < n; i++)
		p[i] = text.p[i] == '/' ? '\\' : text.p[i];
	if (p[1] == ':' && p[0] >= 'a')
		p[0] = (char)(p[0] - 'a' + 'A');
	if (n > 3 && p[n - 1] == '\\')
		n--;
	return arena_copy(a, (struct span){ p, n });
}

/* Paths of Windows and others have patterns of their own. */
static int check_platform(struct binder *b, struct entry *out, const struct node *n,
	const struct glob_dialect *d, struct err *e)
{
	if (out->n_bases && out->dialect != d)
		return refuse_base(b, n, e,
			"expected bases of one platform in one rule (paths of Windows or others)");
	out->dialect = d;
	return 0;
}

static int bind_path_base(struct binder *b, struct entry *out, const struct node *n,
	struct span text, struct err *e)
{
	bool windows = path_is_windows(text);

	if (check_platform(b, out, n, windows ? &glob_windows : &glob_posix, e) < 0)
		return e->code;
	if (windows)
		text = windows_path(b->arena, text);
	else if (text.n > 1 && text.p[text.n - 1] == '/' && text.p[text.n - 2] != '\\')
		text = arena_copy(b->arena, (struct span){ text.p, text.n - 1 });
	if (check_base(b, n, text, e) < 0)
		return e->code;
	out->bases[out->n_bases++] = (struct base){ text, n->at.file, n->at.line, n->at.column };
	return 0;
}

static int bind_base(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	bool registry = out->rule.kind->keys != KEYS_PLAIN;
	struct span text;

	if (n->type != NODE_SCALAR)
		return bind_refuse(b, "wrong-type", n->at, e,
			"found %s, expected an absolute path or a list of them",
			node_found(b->arena, n));
	if (variables_expand(b->variables, n, b->arena, &text, &out->user_variable, registry,
		    b->problems, e) < 0)
		return e->code;
	return registry ? bind_registry_base(b, out, n, text, e)
			: bind_path_base(b, out, n, text, e);
}

int bind_bases(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	const char **texts;
	unsigned count = n->type == NODE_LIST ? n->n : 1;
	int rc = 0;

	if (count == 0 || count > BASES_MAX)
		return bind_refuse(b, "bad-base", n->at, e, "found %u bases, expected 1 to %d",
			count, BASES_MAX);
	/* a view may make two of one */
	out->bases = arena_get(b->arena, 2 * count * sizeof *out->bases);
	for (unsigned i = 0; i < count; i++)
		if (bind_base(b, out, n->type == NODE_LIST ? n->items[i] : n, e) < 0)
			rc = e->code;
	texts = arena_get(b->arena, (out->n_bases + 1) * sizeof(char *));
	for (size_t i = 0; i < out->n_bases; i++)
		texts[i] = out->bases[i].text.p;
	out->rule.bases = texts;
	return rc;
}

/* Is it written as a path of Windows, or as the end of one? */
static bool is_windows_text(struct span glob)
{
	while (glob.n && glob.p[0] == '*')
		glob = span_from_offset(glob, 1);
	return path_is_windows(glob);
}

static struct whole whole_of(struct binder *b, struct span glob)
{
	char *p;
	size_t n = 0;

	if (!is_windows_text(glob))
		return (struct whole){ glob, &glob_posix };
	p = arena_get(b->arena, glob.n + 1);
	for (size_t i = 0; i < glob.n; i++)
		/* "\\\\server" begins with two, however they are written */
		if (glob.p[i] != '\\' || i < 2 || glob.p[i - 1] != '\\')
			p[n++] = glob.p[i];
	return (struct whole){ { p, n }, &glob_windows };
}

static int check_key(struct binder *b, const struct entry *out, const struct node *n,
	struct span key, struct err *e)
{
	struct glob_section *s;
	size_t count;
	int rc = out->rule.kind->hierarchical
			 ? glob_compile_as(b->arena, key, out->dialect, &s, &count, e)
			 : glob_text_check(key, e);

	if (rc < 0)
		return bind_refuse(b, "bad-pattern", n->at, e, "found the pattern %s, but %s",
			node_found(b->arena, n), arena_text(b->arena, span_of(e->text)));
	for (size_t i = 0; out->rule.kind == &kind_file && i < count; i++)
		if (s[i].how == GLOB_LITERAL &&
			(span_is(s[i].text, "..") || span_is(s[i].text, ".")))
			return bind_refuse(b, "bad-pattern", n->at, e,
				"found the pattern %s, expected no '.' and '..' in it",
				node_found(b->arena, n));
	return 0;
}

static int bind_key_text(struct binder *b, struct entry *out, const struct node *n,
	struct pattern *ret, struct err *e)
{
	struct span key;

	if (n->type != NODE_SCALAR || n->text.n == 0)
		return bind_refuse(b, "wrong-type", n->at, e,
			"found %s, expected a pattern or a map with 'key' and tests",
			node_found(b->arena, n));
	if (variables_expand(b->variables, n, b->arena, &key, &out->user_variable,
		    out->dialect->fold, b->problems, e) < 0 ||
		check_key(b, out, n, key, e) < 0)
		return e->code;
	ret->key = key;
	ret->whole = whole_of(b, key);
	return 0;
}

static bool testable(const struct field *f)
{
	return f->type != FIELD_TIME && f->type != FIELD_MAP && !(f->flags & FIELD_DERIVED);
}

/* A choice compared with a word it never has is a slip of the pen. */
static int check_choice(struct binder *b, const struct field *f, const struct node *n,
	struct span glob, struct err *e)
{
	if (f->type != FIELD_CHOICE || glob_is_wild(glob))
		return 0;
	for (size_t i = 0; f->names[i]; i++)
		if (span_is(glob, f->names[i]))
			return 0;
	return bind_refuse(b, "unknown-value", n->at, e, "found %s, which is no value of '%s'%s",
		node_found(b->arena, n), f->name, problem_guess(b->arena, glob, f->names));
}

/* chmod and people write "04755" for what is printed as "4755". */
static struct span mode_glob(struct span glob)
{
	bool long_form = glob.n == 5 && glob.p[0] == '0' && !memchr(glob.p, '*', glob.n) &&
			 !memchr(glob.p, '\\', glob.n);

	return long_form ? span_from_offset(glob, 1) : glob;
}

static int bind_test(struct binder *b, struct entry *out, const struct node *name,
	const struct node *value, struct test *ret, struct err *e)
{
	const struct kind *k = out->rule.kind;
	int field = kind_field(k, name->text);
	struct test t = { .how = TEST_GLOB };

	if (field < 0 || !testable(&k->fields[field])) {
		const char **names = arena_get(b->arena, (k->n_fields + 2) * sizeof(char *));
		size_t n = 0;

		names[n++] = "key";
		for (size_t i = 0; i < k->n_fields; i++)
			if (testable(&k->fields[i]))
				names[n++] = k->fields[i].name;
		return bind_refuse(b, "unknown-test", name->at, e,
			"found %s, expected 'key' or a field of kind %s that can be compared%s",
			node_found(b->arena, name), k->name,
			problem_guess(b->arena, name->text, names));
	}
	t.field = (unsigned)field;
	if (value->type != NODE_SCALAR || (value->plain && value->text.n == 0))
		return bind_refuse(b, "wrong-type", value->at, e,
			"found %s, expected a pattern, true (has one) or false (has none)",
			node_found(b->arena, value));
	if (value->plain && span_is(value->text, "true"))
		t.how = TEST_PRESENT;
	else if (value->plain && span_is(value->text, "false"))
		t.how = TEST_ABSENT;
	else if (variables_expand(b->variables, value, b->arena, &t.glob, &out->user_variable,
			 false, b->problems, e) < 0 ||
		 check_choice(b, &k->fields[field], value, t.glob, e) < 0)
		return e->code;
	if (k->fields[field].type == FIELD_MODE)
		t.glob = mode_glob(t.glob);
	if (t.how == TEST_GLOB && glob_text_check(t.glob, e) < 0)
		return bind_refuse(b, "bad-pattern", value->at, e,
			"found the pattern %s, but "
			"it ends in a lone '\\'",
			node_found(b->arena, value));
	t.whole = whole_of(b, t.glob);
	*ret = t;
	return 0;
}

static int bind_tests(struct binder *b, struct entry *out, const struct node *map,
	struct pattern *ret, struct err *e)
{
	int rc = 0;

	if (map->n == 0)
		return bind_refuse(b, "wrong-type", map->at, e,
			"found an empty map, expected 'key' or a test");
	ret->tests = arena_get(b->arena, (map->n / 2 + 1) * sizeof *ret->tests);
	for (unsigned i = 0; i + 1 < map->n; i += 2) {
		const struct node *name = map->items[i], *value = map->items[i + 1];
		struct test *t = &ret->tests[ret->n_tests];

		if (span_is(name->text, "key")) {
			if (bind_key_text(b, out, value, ret, e) < 0)
				rc = e->code;
		} else if (bind_test(b, out, name, value, t, e) < 0) {
			rc = e->code;
		} else {
			out->test_fields |= field_bit(t->field);
			out->has_tests = true;
			ret->n_tests++;
		}
	}
	return rc;
}

int bind_patterns(struct binder *b, struct entry *out, const struct node *n, struct patterns *ret,
	struct err *e)
{
	int rc = 0;

	if (n->type != NODE_LIST)
		return bind_refuse(b, "wrong-type", n->at, e, "found %s, expected a list",
			node_found(b->arena, n));
	if (n->n > PATTERNS_MAX)
		return bind_refuse(b, "too-many", n->at, e,
			"found %u patterns, expected at most "
			"%d",
			n->n, PATTERNS_MAX);
	ret->list = arena_get(b->arena, (n->n + 1) * sizeof *ret->list);
	for (unsigned i = 0; i < n->n; i++) {
		const struct node *item = n->items[i];
		struct pattern *p = &ret->list[ret->n++];

		/* a map without a key tests everything */
		*p = (struct pattern){ .key = span_of(out->rule.kind->hierarchical ? "**" : "*"),
			.file = item->at.file,
			.line = item->at.line,
			.column = item->at.column };
		p->whole = (struct whole){ p->key, &glob_posix };
		if (item->type == NODE_MAP ? bind_tests(b, out, item, p, e) < 0
					   : bind_key_text(b, out, item, p, e) < 0)
			rc = e->code;
	}
	return rc;
}
