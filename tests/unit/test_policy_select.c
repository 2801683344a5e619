/* The scopes against a naive oracle, and what one policy says about single entities. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "entity/certificate.h"
#include "entity/file.h"
#include "policy/policy.h"

static struct policy *load(const char *yaml)
{
	AUTO(problems) problems = { 0 };
	struct policy *p = NULL;
	struct err e = { 0 };

	if (policy_load_text(&p, "t.yaml", span_of(yaml), false, &problems, &e) < 0)
		fail_msg("%s\n%s", e.text, yaml);
	return p;
}

/* Ids of the rules that hold the key, joined by ','; '?' behind one that is tentative. */
static const char *held(const struct policy *p, struct arena *a, const char *key,
	const struct record *r)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct selection s;

	if (policy_select(p, &kind_file, span_of(key), r, &s))
		for (unsigned i = 0; i < s.n; i++)
			buf_addf(&b, "%s%s%s", i ? "," : "", s.rule[i]->id,
				s.tentative >> i & 1 ? "?" : "");
	return arena_text(a, buf_span(&b));
}

static const char example[] = "version: 1\n"
			      "variables: { web: /srv/www }\n"
			      "rules:\n"
			      "  - id: all-etc\n"
			      "    kind: file\n"
			      "    base: /etc\n"
			      "    exclude: ['cache/**', mtab]\n"
			      "  - id: ssh\n"
			      "    kind: file\n"
			      "    base: /etc\n"
			      "    include: ['ssh/*.conf', 'ssh/*.conf.d/**']\n"
			      "  - id: web\n"
			      "    kind: file\n"
			      "    base: ['${web}', /opt/web*]\n"
			      "    include: ['**/*.php', {key: 'bin/**', executable: true}]\n"
			      "  - id: dirs\n"
			      "    kind: file\n"
			      "    base: /opt\n"
			      "    types: [directory]\n"
			      "  - id: top\n"
			      "    kind: file\n"
			      "    base: /\n"
			      "    include: ['/', vmlinuz]\n";

static const struct {
	const char *key, *rules;
} held_cases[] = {
	{ "/", "top" },
	{ "/vmlinuz", "top" },
	{ "/usr", "" },
	{ "/etc", "all-etc" },
	{ "/etc/passwd", "all-etc" },
	{ "/etc/mtab", "" },
	{ "/etc/x/mtab", "all-etc" },
	{ "/etc/cache", "" },
	{ "/etc/cache/a/b", "" },
	{ "/etc/ssh/a.conf", "all-etc,ssh" },
	{ "/etc/ssh/d/a.conf", "all-etc" },
	{ "/etc/ssh/a.conf.d/x/y", "all-etc,ssh" },
	{ "/srv/www", "" },
	{ "/srv/www/a.php", "web" },
	{ "/srv/www/x/y/a.php", "web" },
	{ "/srv/www/bin/x", "web?" },
	{ "/srv/www/bin/x.php", "web" },
	{ "/opt", "dirs?" },
	{ "/opt/web1/bin/a", "web?,dirs?" },
	{ "/opt/web1/a.php", "web,dirs?" },
	{ "/opt/other/a.php", "dirs?" },
	{ "relative", "" },
};

static void test_held(void **state)
{
	AUTO_FREE(policy) p = load(example);
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(held_cases); i++) {
		const char *rules = held(p, a, held_cases[i].key, NULL);

		if (strcmp(rules, held_cases[i].rules) != 0)
			fail_msg("'%s': '%s', expected '%s'", held_cases[i].key, rules,
				held_cases[i].rules);
	}
}

static void test_settle(void **state)
{
	AUTO_FREE(policy) p = load(example);
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);
	struct selection s;

	(void)state;
	r->key = span_of("/opt/web1/bin/a");
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	assert_string_equal(held(p, a, r->key.p, r), "");
	record_set_bytes(r, FILE_EXECUTABLE, span_of("elf"));
	assert_string_equal(held(p, a, r->key.p, r), "web");
	assert_true(policy_select(p, &kind_file, r->key, NULL, &s));
	assert_true(s.fields & field_bit(FILE_EXECUTABLE));
	assert_true(policy_select(p, &kind_file, r->key, r, &s));
	assert_false(s.fields & field_bit(FILE_EXECUTABLE));
	record_set_number(r, FILE_TYPE, FILE_DIRECTORY);
	assert_string_equal(held(p, a, r->key.p, r), "web,dirs");
}

/* The scope inside a folder, or NULL; checks that no step hands out a reference too few. */
static struct scope *walk(const struct selector *sel, const char *path)
{
	struct scope *d = sel->top(sel->policy, &kind_file);
	struct span rest = span_of(path + 1), name;

	while (d && rest.n && span_cut(&rest, '/', &name)) {
		struct scope *below = sel->enter(d, name, false);

		sel->leave(d);
		d = below;
	}
	return d;
}

static const struct {
	const char *path;
	bool entered, uniform;
} enter_cases[] = {
	{ "/", true, false },
	{ "/usr", false, false },
	{ "/etc", true, false },
	{ "/etc/cache", false, false },
	{ "/etc/x", true, true },
	{ "/etc/x/y/z", true, true },
	{ "/etc/ssh", true, false },
	{ "/etc/ssh/a", true, true },
	{ "/srv", true, false },
	{ "/srv/x", false, false },
	{ "/srv/www/x", true, false },
	{ "/opt/x", true, true },
};

static void test_enter(void **state)
{
	AUTO_FREE(policy) p = load(example);
	struct selector sel = policy_selector(p);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(enter_cases); i++) {
		struct scope *d = walk(&sel, enter_cases[i].path);
		struct selection s;

		if ((d != NULL) != enter_cases[i].entered)
			fail_msg("'%s' %s", enter_cases[i].path, d ? "entered" : "not entered");
		if (d && sel.uniform(d, &s) != enter_cases[i].uniform)
			fail_msg("'%s' uniform or not", enter_cases[i].path);
		sel.leave(d);
	}
}

static void test_mounts(void **state)
{
	AUTO_FREE(policy)
	p = load("version: 1\nrules:\n"
		 "  - {id: a, kind: file, base: /m, cross_mounts: false}\n"
		 "  - {id: b, kind: file, base: /m/x}\n");
	struct selector sel = policy_selector(p);
	struct scope *top = sel.top(p, &kind_file);
	struct scope *m = sel.enter(top, span_of("m"), true); /* the base may be a mount itself */
	struct scope *x, *y;
	struct selection s;

	(void)state;
	assert_non_null(m);
	assert_true(sel.name(m, span_of("f"), &s));
	assert_string_equal(s.rule[0]->id, "a");
	y = sel.enter(m, span_of("y"), false);
	assert_non_null(y);
	assert_false(sel.uniform(y, &s));
	assert_true(sel.name(y, span_of("f"), &s));
	assert_null(sel.enter(y, span_of("z"), true));
	x = sel.enter(m, span_of("x"), true);
	assert_true(sel.uniform(x, &s));
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rule[0]->id, "b");
	sel.leave(x);
	sel.leave(y);
	sel.leave(m);
	sel.leave(top);
}

static void test_same_scope(void **state)
{
	AUTO_FREE(policy)
	p = load("version: 1\nrules:\n"
		 "  - {id: a, kind: file, base: /a}\n"
		 "  - {id: b, kind: file, base: /b, include: ['**/*.so']}\n");
	struct selector sel = policy_selector(p);
	struct scope *a = walk(&sel, "/a/x"), *b = walk(&sel, "/b/x");
	struct scope *a2 = sel.enter(a, span_of("y"), true), *b2 = sel.enter(b, span_of("y"), true);

	(void)state;
	assert_ptr_equal(a, a2);
	assert_ptr_equal(b, b2);
	sel.leave(a);
	sel.leave(a2);
	sel.leave(b);
	sel.leave(b2);
}

static void test_reported_rule(void **state)
{
	AUTO_FREE(policy)
	p = load("version: 1\nrules:\n"
		 "  - {id: a, kind: file, base: /, severity: low}\n"
		 "  - {id: b, kind: file, base: /, severity: high, "
		 "fields: [mode]}\n"
		 "  - {id: c, kind: file, base: /, severity: high}\n");
	struct selection s;

	(void)state;
	assert_true(policy_select(p, &kind_file, span_of("/x"), NULL, &s));
	assert_string_equal(selection_rule(&s, field_bit(FILE_MODE))->id, "b");
	assert_string_equal(selection_rule(&s, field_bit(FILE_SIZE))->id, "c");
	assert_string_equal(selection_rule(&s, 0)->id, "b");
	assert_null(selection_rule(&s, field_bit(FILE_INODE)));
}

static bool passes(const char *test, const struct record *r)
{
	AUTO(buf) yaml = BUF_INIT(4096);
	struct selection s;

	buf_addf(&yaml, "version: 1\nrules:\n  - {id: a, kind: %s%s, include: [{%s}]}\n",
		r->kind->name, r->kind->hierarchical ? ", base: /" : "", test);
	AUTO_FREE(policy) p = load(buf_text(&yaml));
	return policy_select(p, r->kind, r->key, r, &s);
}

static void test_modes(void **state)
{
	static const struct {
		const char *test;
		unsigned mode;
		bool passes;
	} cases[] = {
		{ "mode: \"4???\"", 04755, true },
		{ "mode: \"04???\"", 04755, true },
		{ "mode: \"04755\"", 04755, true },
		{ "mode: \"04???\"", 02755, false },
		{ "mode: \"0???\"", 04755, false },
		{ "mode: \"0*\"", 04755, false },
		{ "mode: \"0*\"", 0755, true },
		{ "mode: \"0755\"", 0755, true },
		{ "mode: \"00755\"", 0755, true },
	};
	struct record r = { .kind = &kind_file, .key = span_of("/x") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		record_set_number(&r, FILE_MODE, cases[i].mode);
		if (passes(cases[i].test, &r) != cases[i].passes)
			fail_msg("%s, %o", cases[i].test, cases[i].mode);
	}
}

/* A rule may ask for nothing but that something is there. */
static void test_existence(void **state)
{
	AUTO_FREE(policy)
	p = load("version: 1\nrules:\n  - {id: a, kind: user, fields: [existence]}\n");
	struct selector sel = policy_selector(p);

	(void)state;
	assert_true(sel.fields(p, kind_find(span_of("user"))) == FIELDS_EXISTENCE);
	assert_true(sel.fields(p, kind_find(span_of("group"))) == 0);
}

/* A pattern of a flat kind is text: what would be no path pattern is one. */
static void test_flat(void **state)
{
	AUTO_FREE(policy)
	p = load("version: 1\nrules:\n  - {id: a, kind: port, include: [\"unix//run/*\"]}\n");
	const struct kind *port = kind_find(span_of("port"));
	struct selection s;

	(void)state;
	assert_true(policy_select(p, port, span_of("unix//run/a/b"), NULL, &s));
	assert_false(policy_select(p, port, span_of("unix/run/a"), NULL, &s));
}

/* The oracle: patterns and paths as texts, by the definition, without any set of states. */
static bool oracle_name(const char *p, size_t pn, const char *t, size_t tn)
{
	if (pn == 0)
		return tn == 0;
	if (*p == '*')
		return oracle_name(p + 1, pn - 1, t, tn) ||
		       (tn && oracle_name(p, pn, t + 1, tn - 1));
	return tn && (*p == '?' || *p == *t) && oracle_name(p + 1, pn - 1, t + 1, tn - 1);
}

static bool oracle(const char *pattern, const char *path)
{
	size_t p = strcspn(pattern, "/"), t = strcspn(path, "/");
	const char *next_p = pattern[p] ? pattern + p + 1 : pattern + p;
	const char *next_t = path[t] ? path + t + 1 : path + t;

	if (!*pattern)
		return !*path;
	if (p == 2 && memcmp(pattern, "**", 2) == 0)
		return oracle(next_p, path) || (*path && oracle(pattern, next_t));
	return *path && oracle_name(pattern, p, path, t) && oracle(next_p, next_t);
}

static uint32_t seed = 12345;
static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % n;
}

static void random_path(char *ret, size_t depth)
{
	static const char *const names[] = { "a", "b", "ab", "ba", "a.c" };

	*ret = '\0';
	for (size_t i = 0; i < depth; i++) {
		strncat(ret, i ? "/" : "", 2);
		strncat(ret, names[pick(ARRAY_LEN(names))], 8);
	}
}

static void random_pattern(char *ret)
{
	static const char *const names[] = { "a", "b", "ab", "*", "**", "**", "?", "a*", "*.c" };
	size_t depth = 1 + pick(4);

	*ret = '\0';
	for (size_t i = 0; i < depth; i++) {
		strncat(ret, i ? "/" : "", 2);
		strncat(ret, names[pick(ARRAY_LEN(names))], 8);
	}
}

#define RULES 4
#define LINES 3

struct sample {
	char base[RULES][64];
	char line[RULES][2][LINES][64]; /* includes, excludes */
	unsigned n[RULES][2];
};

static void sample_make(struct sample *s, struct buf *yaml)
{
	static const char *const keys[] = { "include", "exclude" };

	buf_clear(yaml);
	buf_add_text(yaml, "version: 1\nrules:\n");
	for (unsigned r = 0; r < RULES; r++) {
		random_path(s->base[r], pick(3));
		buf_addf(yaml, "  - id: r%u\n    kind: file\n    base: '/%s'\n", r, s->base[r]);
		for (unsigned k = 0; k < 2; k++) {
			s->n[r][k] = pick(LINES + 1);
			if (s->n[r][k])
				buf_addf(yaml, "    %s:\n", keys[k]);
			for (unsigned i = 0; i < s->n[r][k]; i++) {
				random_pattern(s->line[r][k][i]);
				buf_addf(yaml, "      - '%s'\n", s->line[r][k][i]);
			}
		}
	}
}

static bool any(const struct sample *s, unsigned r, unsigned k, const char *path)
{
	for (unsigned i = 0; i < s->n[r][k]; i++)
		if (oracle(s->line[r][k][i], path))
			return true;
	return false;
}

static unsigned sample_holds(const struct sample *s, const char *path)
{
	unsigned set = 0;

	for (unsigned r = 0; r < RULES; r++) {
		size_t n = strlen(s->base[r]);
		const char *rel = path + n;

		if (strncmp(path, s->base[r], n) != 0 || (n && *rel && *rel != '/'))
			continue;
		rel += n && *rel;
		if ((s->n[r][0] == 0 || any(s, r, 0, rel)) && !any(s, r, 1, rel))
			set |= 1u << r;
	}
	return set;
}

static unsigned policy_holds(const struct policy *p, const char *path)
{
	struct selection s;
	unsigned set = 0;

	if (policy_select(p, &kind_file, span_of(path), NULL, &s))
		for (unsigned i = 0; i < s.n; i++)
			set |= 1u << (s.rule[i]->id[1] - '0');
	return set;
}

static void test_oracle(void **state)
{
	AUTO(buf) yaml = BUF_INIT(65536);
	unsigned held_some = 0;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct sample s;

		sample_make(&s, &yaml);
		AUTO_FREE(policy) p = load(buf_text(&yaml));

		for (unsigned i = 0; i < 30; i++) {
			char path[128] = "/";
			unsigned expected;

			random_path(path + 1, pick(6));
			expected = sample_holds(&s, path + 1);
			held_some += expected != 0;
			if (policy_holds(p, path) != expected)
				fail_msg("'%s': %x, expected %x\n%s", path, policy_holds(p, path),
					expected, buf_text(&yaml));
		}
	}
	assert_true(held_some > 10000);
}

/* `true` asks for what a flag says, not whether somebody knows it. */
static void test_flags(void **state)
{
	static const struct {
		const char *test;
		bool unknown, off, on;
	} cases[] = { { "true", false, false, true }, { "false", true, true, false },
		{ "'true'", false, false, true }, { "'false'", false, true, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct record r = { .kind = &kind_certificate, .key = span_of("ca:x") };
		AUTO_FREE(policy)
		p = load(arena_format(a,
			"version: 1\nrules:\n  - id: a\n    kind: certificate\n"
			"    include: [{is_ca: %s}]\n",
			cases[i].test));
		struct selection s;

		assert_int_equal(policy_select(p, r.kind, r.key, &r, &s), cases[i].unknown);
		record_set_number(&r, CERTIFICATE_IS_CA, 0);
		assert_int_equal(policy_select(p, r.kind, r.key, &r, &s), cases[i].off);
		record_set_number(&r, CERTIFICATE_IS_CA, 1);
		assert_int_equal(policy_select(p, r.kind, r.key, &r, &s), cases[i].on);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_same_scope),
		cmocka_unit_test(test_reported_rule),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_existence),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_oracle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
