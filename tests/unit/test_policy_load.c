/* What the loader and the lints say about texts, where, and what they accept. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "entity/file.h"
#include "policy/policy.h"

#define HEAD "version: 1\nrules:\n"
#define RULE HEAD "  - id: a\n    kind: file\n    base: /b\n"

static const struct {
	const char *yaml;
	const char *problems; /* "line:column:code" of each, joined by a space */
} cases[] = {
	{ "", "" },
	{ "# nothing but a comment\n", "" },
	{ "version: 1\n", "" },
	{ RULE, "" },
	{ "rules: []\n", "1:1:missing-key" },
	{ "version: 2\n", "1:10:bad-version" },
	{ "version: '1'\n", "1:10:bad-version" },
	{ "- a\n", "1:1:wrong-type" },
	{ "version: 1\nrule: []\n", "2:1:unknown-key" },
	{ "version: 1\nrules: {}\n", "2:8:wrong-type" },
	{ HEAD "  - text\n", "3:5:wrong-type" },
	{ HEAD "  - kind: file\n    base: /b\n", "3:5:missing-key" },
	{ HEAD "  - id: A\n    kind: file\n    base: /b\n", "3:9:bad-id" },
	{ HEAD "  - id: a\n    base: /b\n", "3:5:missing-key" },
	{ HEAD "  - id: a\n    kind: file\n", "3:5:missing-key" },
	{ HEAD "  - id: a\n    kind: flie\n    base: /b\n", "4:11:unknown-kind" },
	{ RULE "    severty: high\n", "6:5:unknown-key" },
	{ RULE "    severity: hihg\n", "6:15:unknown-severity" },
	{ RULE "    expect: rotating\n", "6:13:unknown-expect" },
	{ RULE "    real_time: yes\n", "6:16:wrong-type" },
	{ RULE "    real_time: 'true'\n", "6:16:wrong-type" },
	{ RULE "    title: [a]\n", "6:12:wrong-type" },
	{ RULE "    title:\n", "6:11:wrong-type" },
	{ RULE "    title: a\n    title: b\n", "7:5:duplicate-key" },
	{ RULE "  - id: a\n    kind: file\n    base: /c\n", "6:9:duplicate-id" },
	{ HEAD "  - {id: a, kind: file, base: b}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: /b/../c}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: /b/./c}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: /b//c}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: '/b*/c'}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: '/b/c*'}\n", "" },
	{ HEAD "  - {id: a, kind: file, base: '/b/**'}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: /b/}\n", "" },
	{ HEAD "  - {id: a, kind: file, base: []}\n", "3:31:bad-base" },
	{ HEAD "  - {id: a, kind: file, base: {a: b}}\n", "3:31:wrong-type" },
	{ HEAD "  - {id: a, kind: file, base: [/ok, no, ../x]}\n", "3:37:bad-base 3:41:bad-base" },
	{ RULE "    include: '*.c'\n", "6:14:wrong-type" },
	{ RULE "    include: ['a//b', 'a/', 'a\\']\n",
		"6:15:bad-pattern 6:23:bad-pattern 6:29:bad-pattern" },
	{ RULE "    exclude: [../x]\n", "6:15:bad-pattern" },
	{ RULE "    exclude: [[a]]\n", "6:15:wrong-type" },
	{ RULE "    include: [{}]\n", "6:15:wrong-type" },
	{ RULE "    include: [{keys: a}]\n", "6:16:unknown-test" },
	{ RULE "    include: [{key: a, mtime: x}]\n", "6:24:unknown-test" },
	{ RULE "    include: [{key: a, type: regulr}]\n", "6:30:unknown-value" },
	{ RULE "    include: [{key: a, type: reg*, owner: root, executable: true}]\n", "" },
	{ RULE "    include: [{owner: [root]}]\n", "6:23:wrong-type" },
	{ RULE "    fields: standard\n", "6:13:wrong-type" },
	{ RULE "    fields: []\n", "6:13:wrong-type" },
	{ RULE "    fields: [standart, sha257]\n", "6:14:unknown-field 6:24:unknown-field" },
	{ RULE "    fields: [extents]\n", "6:14:unknown-field" },
	{ RULE "    fields: [-mtime, all, -standard]\n", "" },
	{ RULE "    types: [file]\n", "6:13:unknown-type" },
	{ RULE "    types: regular\n", "6:12:wrong-type" },
	{ RULE "    tags: [a b]\n", "6:12:bad-tag" },
	{ RULE "    tags: a\n", "6:11:wrong-type" },
	{ RULE "    keep_content: 64KB\n", "6:19:wrong-type" },
	{ RULE "    keep_content: 17MiB\n", "6:19:wrong-type" },
	{ RULE "    keep_content: 999999999999999999999\n", "6:19:wrong-type" },
	{ RULE "    keep_content: 64KiB\n", "" },
	{ RULE "    include: ['${x}/a']\n", "6:16:bad-variable" },
	{ RULE "    include: ['a${x']\n", "6:17:bad-variable" },
	{ RULE "    include: ['a\\${x}']\n", "" },
	{ RULE "    include: ['${env.INVAR_NOT_SET}']\n", "6:16:bad-variable" },
	{ "version: 1\nvariables: {a: '${b}', b: '${a}'}\nrules:\n"
	  "  - {id: a, kind: file, base: '/${a}'}\n",
		"4:33:bad-variable" },
	{ "version: 1\nvariables: [a]\n", "2:12:wrong-type" },
	{ "version: 1\nvariables: {env.a: b}\n", "2:13:bad-variable" },
	{ "version: 1\nvariables: {a: [b]}\n", "2:16:wrong-type" },
	{ HEAD "  - {id: x, override: true}\n", "3:10:no-such-rule" },
	{ HEAD "  - {id: x, disabled: true}\n", "3:10:no-such-rule" },
	{ RULE "  - {id: a, override: true, severity: low}\n", "" },
	{ RULE "  - {id: a, disabled: true}\n", "" },
	{ RULE "    disabled: 1\n", "6:15:wrong-type" },
	{ "a: &x [1]\nb: *x\n", "1:4:yaml-anchor" },
	{ "a: *x\n", "1:4:yaml-alias" },
	{ "a: !!str x\n", "1:4:yaml-tag" },
	{ "<<: {a: b}\n", "1:1:yaml-merge" },
	{ "? [a]\n: b\n", "1:3:wrong-type" },
	{ "version: 1\n---\nversion: 1\n", "2:1:yaml-documents" },
	{ "a: [\n", "2:1:yaml-syntax" },
	{ "a: b: c\n", "1:5:yaml-syntax" },
	{ "a: \"\\0\"\n", "1:4:nul-byte" },
	{ "\xff\xfe", "1:1:yaml-syntax" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "1:18:too-deep" },
};

static void list_problems(const struct problems *p, struct buf *ret)
{
	buf_clear(ret);
	for (size_t i = 0; i < p->n; i++)
		buf_addf(ret, "%s%u:%u:%s", i ? " " : "", p->list[i].line, p->list[i].column,
			p->list[i].code);
}

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(problems) problems = { 0 };
		AUTO(buf) found = BUF_INIT(65536);
		AUTO_FREE(policy) p = NULL;
		struct err e = { 0 };
		int rc = policy_load_text(&p, "t.yaml", span_of(cases[i].yaml), false, &problems,
			&e);

		list_problems(&problems, &found);
		if (strcmp(buf_text(&found), cases[i].problems) != 0)
			fail_msg("%s\nfound '%s', expected '%s'", cases[i].yaml, buf_text(&found),
				cases[i].problems);
		assert_int_equal(rc, cases[i].problems[0] ? ERR_POLICY : 0);
		assert_true((p != NULL) == (rc == 0));
	}
}

static const struct {
	const char *yaml, *text;
} texts[] = {
	{ RULE "    severty: high\n", "did you mean 'severity'?" },
	{ RULE "    severity: hihg\n", "found 'hihg', expected one of info, low" },
	{ RULE "    fields: [standrad]\n", "did you mean 'standard'?" },
	{ HEAD "  - {id: a, kind: file, base: \"x\\e\"}\n", "'x\\x1b'" },
	{ RULE "  - id: a\n    kind: file\n    base: /c\n", "at t.yaml:3" },
	{ RULE "  - id: b\n    disabled: true\n  - id: web\n    kind: file\n    base: /c\n",
		"expected the id of a rule before it" },
	{ "version: 1\nvariables: {root: /srv}\nrules:\n  - {id: a, kind: file, base: '${rot}'}\n",
		"did you mean 'root'?" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(problems) problems = { 0 };
		AUTO_FREE(policy) p = NULL;
		struct err e = { 0 };

		assert_int_equal(policy_load_text(&p, "t.yaml", span_of(texts[i].yaml), false,
					 &problems, &e),
			ERR_POLICY);
		if (!strstr(problems.list[0].text, texts[i].text))
			fail_msg("'%s' is not in '%s'", texts[i].text, problems.list[0].text);
	}
}

#define QUIET HEAD "  - id: a\n    title: t\n    severity: low\n    kind: file\n"
#define QUIET_B QUIET "    base: /b\n"

static const struct {
	const char *yaml, *problems;
} lints[] = {
	{ QUIET_B, "" },
	{ "version: 1\n", "0:0:no-rules" },
	{ RULE, "3:5:missing-severity 3:5:missing-title" },
	{ QUIET "    base: /\n", "7:11:broad-recursion" },
	{ QUIET "    base: /\n    include: ['**/*.so']\n", "7:11:broad-recursion" },
	{ QUIET "    base: /\n    include: [etc]\n", "" },
	{ QUIET "    base: /\n    exclude: ['*/**']\n", "" },
	{ QUIET "    base: /run/systemd\n", "" },
	{ QUIET "    base: /run\n", "7:11:volatile-tree" },
	{ QUIET "    base: /run\n    types: [regular]\n", "" },
	{ QUIET "    base: /proc/sys\n", "7:11:volatile-tree" },
	{ QUIET "    base: /running\n", "" },
	{ QUIET_B "    fields: [sha256, sha1]\n", "3:5:many-hashes" },
	{ QUIET_B "    fields: [md5]\n", "3:5:weak-hash" },
	{ QUIET_B "    fields: [ctime]\n", "3:5:noisy-field" },
	{ QUIET_B "    fields: [nlink]\n    types: [regular]\n", "" },
	{ QUIET_B "    fields: [nlink]\n", "3:5:noisy-field" },
	{ QUIET_B "    include: ['sub\\*.exe']\n", "8:15:escaped-wildcard" },
	{ QUIET_B "    include: ['sub\\dir']\n", "8:15:windows-path" },
	{ QUIET_B "    include: [/b/c]\n", "8:15:absolute-pattern" },
	{ QUIET_B "    include: [{key: c, executable: true}]\n", "" },
	{ QUIET_B "    include: [{executable: true}]\n", "8:15:executable-test" },
	{ QUIET_B "    include: ['c/*.x']\n    exclude: ['**/*.x']\n", "8:15:never-matches" },
	{ QUIET_B "    include: ['c/*.x']\n    exclude: [{key: '**', owner: root}]\n", "" },
	{ QUIET_B "    include: ['c/d/*.y']\n    exclude: ['c/**']\n", "8:15:never-matches" },
	{ QUIET_B "    include: ['c/**']\n    exclude: ['c/*']\n", "" },
	{ QUIET_B "    exclude: ['**']\n", "8:15:never-matches" },
	{ QUIET_B "    exclude: [a, 'b/*', a, '*', 'b/c']\n",
		"8:15:redundant-pattern 8:25:redundant-pattern 8:33:redundant-pattern" },
	{ QUIET_B "    tags: [simple]\n", "3:5:tag-format" },
	{ QUIET_B "    tags: [attack.T1505.003]\n", "" },
	{ QUIET_B "    expect: append-only\n    fields: [mode]\n", "3:5:expect-fields" },
	{ QUIET_B "    keep_content: 1\n    fields: [mode]\n", "3:5:keep-content-fields" },
	{ QUIET_B "  - {id: b, title: t, severity: high, kind: file, base: /b}\n",
		"8:5:duplicate-rule" },
	{ "version: 1\nvariables: {x: /y}\nrules: [{id: a, title: t, severity: low, kind: file, "
	  "base: /b}]\n",
		"2:13:unused-variable" },
	{ QUIET "    base: '${env.HOME}'\n", "3:5:user-variable" },
};

static void test_lints(void **state)
{
	static char home[] = "HOME=/home/x";

	(void)state;
	assert_int_equal(putenv(home), 0);
	for (size_t i = 0; i < ARRAY_LEN(lints); i++) {
		AUTO(problems) problems = { 0 };
		AUTO(buf) found = BUF_INIT(65536);
		AUTO_FREE(policy) p = NULL;
		struct err e = { 0 };

		if (policy_load_text(&p, "t.yaml", span_of(lints[i].yaml), true, &problems, &e) < 0)
			fail_msg("%s", e.text);
		list_problems(&problems, &found);
		if (strcmp(buf_text(&found), lints[i].problems) != 0)
			fail_msg("%s\nfound '%s', expected '%s'", lints[i].yaml, buf_text(&found),
				lints[i].problems);
	}
}

static void test_limits(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) yaml = BUF_INIT((size_t)4 << 20);
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };

	(void)state;
	while (yaml.n <= (size_t)1 << 20)
		buf_add_text(&yaml, "# a comment of some length, again and again\n");
	assert_int_equal(policy_load_text(&p, "t", buf_span(&yaml), false, &problems, &e),
		ERR_POLICY);
	assert_string_equal(problems.list[0].code, "too-large");
	problems_done(&problems);

	buf_clear(&yaml);
	buf_add_text(&yaml, "version: 1\nrules:\n");
	for (int i = 0; i < 200; i++)
		buf_add_text(&yaml, "  - wrong\n");
	assert_int_equal(policy_load_text(&p, "t", buf_span(&yaml), false, &problems, &e),
		ERR_POLICY);
	assert_int_equal(problems.n, 100);
	assert_int_equal(problems.errors, 200);
}

static void test_too_many_on_one(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) yaml = BUF_INIT((size_t)1 << 20);
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };

	(void)state;
	buf_add_text(&yaml, HEAD);
	for (int i = 0; i < 16; i++)
		buf_addf(&yaml, "  - {id: r%d, kind: file, base: /a, include: ['**/*.c']}\n", i);
	assert_int_equal(policy_load_text(&p, "t", buf_span(&yaml), false, &problems, &e), 0);
	buf_add_text(&yaml, "  - {id: last, kind: file, base: /a/b}\n");
	policy_freep(&p);
	assert_int_equal(policy_load_text(&p, "t", buf_span(&yaml), false, &problems, &e), 0);
	policy_freep(&p);
	buf_add_text(&yaml, "  - {id: over, kind: file, base: /a, include: ['b/x.c']}\n");
	assert_int_equal(policy_load_text(&p, "t", buf_span(&yaml), false, &problems, &e),
		ERR_POLICY);
	assert_string_equal(problems.list[0].code, "too-many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_lints),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_too_many_on_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
