/* Policies as files and folders; what is printed and explained of them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "entity/file.h"
#include "policy/policy.h"

struct folder {
	char path[64];
};

static void folder_done(struct folder *f)
{
	DIR *d = opendir(f->path);
	const struct dirent *entry;
	char path[512];

	while (d && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", f->path, entry->d_name);
		(void)unlink(path);
	}
	if (d)
		closedir(d);
	(void)rmdir(f->path);
}

static void folder_make(struct folder *f)
{
	snprintf(f->path, sizeof f->path, "build/policy-test-XXXXXX");
	(void)mkdir("build", 0755);
	assert_non_null(mkdtemp(f->path));
}

static void folder_put(const struct folder *f, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", f->path, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static struct policy *load(const char *path)
{
	AUTO(problems) problems = { 0 };
	struct policy *p = NULL;
	struct err e = { 0 };

	if (policy_load(&p, path, false, &problems, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	return p;
}

static void test_folder(void **state)
{
	AUTO(folder) f;
	AUTO_FREE(policy) p = NULL;
	const struct rule *const *rules;

	(void)state;
	folder_make(&f);
	folder_put(&f, "20-b.yaml",
		"version: 1\nrules:\n  - {id: b, kind: file, base: '${root}/b'}\n");
	folder_put(&f, "10-a.yaml",
		"version: 1\nvariables: {root: /srv}\nrules:\n"
		"  - {id: a, kind: file, base: '${root}/a', severity: high, title: A}\n"
		"  - {id: c, kind: file, base: /c}\n");
	folder_put(&f, "90-local.yaml",
		"version: 1\nvariables: {root: /data}\nrules:\n"
		"  - {id: c, disabled: true}\n"
		"  - {id: a, override: true, severity: low, fields: [mode]}\n");
	folder_put(&f, ".hidden.yaml", "not: a policy\n");
	folder_put(&f, "README", "not: a policy\n");
	p = load(f.path);
	rules = policy_rules(p);
	assert_string_equal(rules[0]->id, "a");
	assert_string_equal(rules[0]->title, "A");
	assert_string_equal(rules[0]->bases[0], "/data/a");
	assert_int_equal(rules[0]->severity, SEVERITY_LOW);
	assert_int_equal(rules[0]->fields, field_bit(FILE_MODE));
	assert_string_equal(rules[1]->id, "b");
	assert_string_equal(rules[1]->bases[0], "/data/b");
	assert_null(rules[2]);
	assert_null(policy_rule(p, span_of("c")));
	assert_ptr_equal(policy_rule(p, span_of("b")), rules[1]);
}

static void test_errors_of_several_files(void **state)
{
	AUTO(folder) f;
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };

	(void)state;
	folder_make(&f);
	folder_put(&f, "1.yaml", "version: 1\nrules:\n  - {id: a, kind: file, base: /a}\n");
	folder_put(&f, "2.yaml", "version: 1\nrules:\n  - {id: a, kind: file, base: /b}\n");
	folder_put(&f, "3.yaml", "version: [\n");
	folder_put(&f, "4.yaml", "version: 1\nrules:\n  - {id: x, kind: fil, base: /b}\n");
	assert_int_equal(policy_load(&p, f.path, false, &problems, &e), ERR_POLICY);
	assert_int_equal(problems.n, 3);
	assert_string_equal(problems.list[0].code, "duplicate-id");
	assert_non_null(strstr(problems.list[0].file, "/2.yaml"));
	assert_non_null(strstr(problems.list[0].text, "/1.yaml:3"));
	assert_string_equal(problems.list[1].code, "yaml-syntax");
	assert_string_equal(problems.list[2].code, "unknown-kind");
	assert_null(p);
}

static void test_not_there(void **state)
{
	AUTO(folder) f;
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };
	char fifo[128];

	(void)state;
	folder_make(&f);
	assert_int_equal(policy_load(&p, "build/no-such-policy", false, &problems, &e),
		ERR_MISSING);
	snprintf(fifo, sizeof fifo, "%s/f.yaml", f.path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(policy_load(&p, f.path, false, &problems, &e), ERR_POLICY);
}

/* Every sample of a folder is accepted, or refused with a place. */
static unsigned samples(const char *folder, bool good)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		AUTO(problems) problems = { 0 };
		AUTO_FREE(policy) p = NULL;
		struct err e = { 0 };
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if ((policy_load(&p, path, true, &problems, &e) == 0) != good)
			fail_msg("%s: %s", path, good ? e.text : "accepted");
		if (!good && (problems.errors == 0 || problems.list[0].line == 0))
			fail_msg("%s: refused without a place", path);
		n++;
	}
	closedir(d);
	return n;
}

static void test_samples(void **state)
{
	(void)state;
	assert_true(samples("tests/data/policy/good", true) >= 8);
	assert_true(samples("tests/data/policy/bad", false) >= 40);
	assert_true(samples("tests/data/policy/bad-loader-only", false) >= 12);
}

static const char *printed(const char *name, struct span yaml, struct arena *a)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) b = BUF_INIT((size_t)1 << 20);
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };

	if (policy_load_text(&p, name, yaml, false, &problems, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	policy_print(p, &b);
	assert_false(b.full);
	return arena_text(a, buf_span(&b));
}

static const char *const print_cases[] = {
	"version: 1\n",
	"version: 1\nrules: [{id: a, kind: file, base: /a, fields: [existence]}]\n",
	"version: 1\nrules: [{id: 'null', kind: file, base: '/a/x*', include: [{executable: "
	"true, "
	"owner: 'a\\*'}, '\\${x}/\"q\"'], exclude: [{size: false}]}]\n",
	"version: 1\nrules: [{id: a, kind: file, base: /a, title: "
	"\"\\t \\\\ \\x85 \\u2028 \\ufeff 日本 \\e \\U0001F512\", tags: [\"true\"], types: "
	"[fifo, regular], keep_content: 1MiB, expect: rotates, playbook: '- x: y'}]\n",
};

static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(print_cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		const char *once = printed("case", span_of(print_cases[i]), a);

		assert_string_equal(once, printed("printed", span_of(once), a));
	}
}

static void test_print_keeps_meaning(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	assert_string_equal(printed("x",
				    span_of("version: 1\nvariables: {w: /srv}\nrules:\n"
					    "  - {id: a, kind: file, base: '${w}/', fields: "
					    "[content], include: ['*.c', {key: 'b\\?', mode: "
					    "'04*'}]}\n  - {id: b, kind: file, base: /}\n"
					    "  - {id: b, disabled: true}\n"),
				    a),
		"version: 1\nrules:\n"
		"  - id: \"a\"\n"
		"    severity: medium\n"
		"    kind: file\n"
		"    base:\n"
		"      - \"/srv\"\n"
		"    include:\n"
		"      - \"*.c\"\n"
		"      - { key: \"b\\\\?\", mode: \"04*\" }\n"
		"    fields: [size, sha256]\n"
		"    follow_links: false\n"
		"    cross_mounts: true\n"
		"    real_time: true\n"
		"    expect: static\n");
}

static const char explained[] = "version: 1\n"
				"rules:\n"
				"  - id: web\n"
				"    kind: file\n"
				"    base:\n"
				"      - /srv/www\n"
				"      - /srv/old\n"
				"    include:\n"
				"      - '**/*.php'\n"
				"      - {key: 'bin/**', executable: true}\n"
				"    exclude:\n"
				"      - 'cache/**'\n"
				"    types: [regular]\n"
				"  - id: all\n"
				"    kind: file\n"
				"    base: /srv\n";

static const struct {
	const char *key;
	bool record; /* a regular file, not executable */
	enum file_type type;
	enum explain_verdict verdict; /* of rule web */
	unsigned line;
	const char *text;
} explain_cases[] = {
	{ "/srv/www/a.php", false, 0, EXPLAIN_SELECTED, 9, "included by \"**/*.php\"" },
	{ "/srv/old/a.php", true, FILE_REGULAR, EXPLAIN_SELECTED, 9, "included by \"**/*.php\"" },
	{ "/srv/www/a.php", true, FILE_FIFO, EXPLAIN_TEST, 6, "its type is none of regular" },
	{ "/srv/www/a.txt", false, 0, EXPLAIN_NOT_INCLUDED, 6, "no include matches" },
	{ "/srv/old/a.txt", false, 0, EXPLAIN_NOT_INCLUDED, 7, "no include matches" },
	{ "/srv/www/cache/a.php", false, 0, EXPLAIN_EXCLUDED, 12, "excluded by \"cache/**\"" },
	{ "/srv/www/bin/a", true, FILE_REGULAR, EXPLAIN_TEST, 10,
		"fails the tests of \"bin/**\" (executable: true)" },
	{ "/srv/www/bin/a", false, 0, EXPLAIN_SELECTED, 10,
		"included by \"bin/**\" (executable: true)" },
};

static void test_explain(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) p = NULL;
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);
	struct explain_row *rows;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_load_text(&p, "t", span_of(explained), false, &problems, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(explain_cases); i++) {
		struct span key = span_of(explain_cases[i].key);

		r->key = key;
		record_set_number(r, FILE_TYPE, explain_cases[i].type);
		assert_int_equal(policy_explain(p, &kind_file, key,
					 explain_cases[i].record ? r : NULL, a, &rows),
			2);
		assert_string_equal(rows[0].text, explain_cases[i].text);
		assert_int_equal(rows[0].verdict, explain_cases[i].verdict);
		assert_int_equal(rows[0].line, explain_cases[i].line);
		assert_string_equal(rows[0].file, "t");
		assert_string_equal(rows[1].text, "everything below \"/srv\" is held");
		assert_int_equal(rows[1].line, 16);
	}
	assert_int_equal(policy_explain(p, &kind_file, span_of("/srvx"), NULL, a, &rows), 0);
	assert_int_equal(policy_explain(p, &kind_file, span_of("/"), NULL, a, &rows), 0);
	assert_int_equal(policy_explain(p, &kind_file, span_of("/srv"), NULL, a, &rows), 1);
}

/* Tests say nothing of what was never observed. */
static void test_explain_unseen(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) p = NULL;
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);
	struct explain_row *rows;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_load_text(&p, "t",
				 span_of("version: 1\nrules:\n  - {id: a, kind: file, base: /, "
					 "exclude: [{key: 'x*', type: symlink}, gone]}\n"),
				 false, &problems, &e),
		0);
	assert_int_equal(policy_explain(p, &kind_file, span_of("/x1"), NULL, a, &rows), 1);
	assert_int_equal(rows[0].verdict, EXPLAIN_SELECTED);
	assert_int_equal(policy_explain(p, &kind_file, span_of("/gone"), NULL, a, &rows), 1);
	assert_int_equal(rows[0].verdict, EXPLAIN_EXCLUDED);
	r->key = span_of("/x1");
	record_set_number(r, FILE_TYPE, FILE_SYMLINK);
	assert_int_equal(policy_explain(p, &kind_file, r->key, r, a, &rows), 1);
	assert_int_equal(rows[0].verdict, EXPLAIN_EXCLUDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_errors_of_several_files),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_keeps_meaning),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_explain_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
