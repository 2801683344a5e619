#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "agent/config/config.h"
#include "agent/config/route.h"
#include "core/buf.h"

static const struct {
	const char *yaml;
	const char *error; /* "line:column: text begins with", NULL: none */
} cases[] = {
	{ "", NULL },
	{ "# nothing\n", NULL },
	{ "version: 1\n", NULL },
	{ "version: 2\n", "1:10: found '2', expected version 1" },
	{ "- a\n", "1:1: found a list, expected a map of settings" },
	{ "scan: { quick: 30m, full: 1d, reread: never }\n", NULL },
	{ "scan: 3\n", "1:7: found '3', expected a map of settings" },
	{ "scan:\n  quik: 1h\n", "2:3: found the key 'quik', expected one of quick, full, reread "
				 "(did you mean 'quick'?)" },
	{ "scan: { quick: 5 }\n", "1:16: found '5', expected a time such as" },
	{ "scan: { quick: 1s }\n", "1:16: found '1s', expected 1m to 366d" },
	{ "scan: { quick: 999999999999w }\n", "1:16: found '999999999999w', expected" },
	{ "scan: { quick: -1h }\n", "1:16: found '-1h', expected a time" },
	{ "scan: { quick: 0 }\n", NULL },
	{ "limit: { cpu: 25%, rate: 10MiB, pressure: none }\n", NULL },
	{ "limit: { cpu: 101 }\n", "1:15: found '101', expected 1% to 100%" },
	{ "limit: { rate: 1KiB }\n", "1:16: found '1KiB', expected 64KiB to" },
	{ "limit: { rate: fast }\n", "1:16: found 'fast', expected a size" },
	{ "hold: 5m\ncanary: never\n", NULL },
	{ "metrics: relative/file\n", "1:10: found 'relative/file', expected the absolute path" },
	{ "metrics: /\n", "1:10: found '/', expected the absolute path" },
	{ "control: /run/x.sock\nlink_user: some-one\n", NULL },
	{ "link_user: \"a:b\"\n", "1:12: found 'a:b', expected the name of a user" },
	{ "controll: /x\n", "1:1: found the key 'controll', expected one of scan, limit" },
	{ "hold: 5m\nhold: 6m\n", "2:1: key 'hold' is here a second time" },
	{ "hold: [5m]\n", "1:7: found a list, expected a time" },
	{ "routes: 5\n", "1:9: found '5', expected a list of routes" },
	{ "routes:\n  - { name: a, to: file, path: /var/log/x }\n", NULL },
	{ "routes:\n  - { name: a, to: fil }\n", "2:" },
	{ "hold: \xff\n", "1:" },
	{ "hold:\n\t5m\n", "2:" },
	{ "a: &x 1\n", "1:4: found an anchor" },
};

static void agent_config_text__cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct agent_config c = { 0 };
		AUTO(problems) problems = { 0 };
		struct err e = { 0 };
		char said[2048] = "";
		int rc = agent_config_text(&c, "x.yaml", span_of(cases[i].yaml), &problems, &e);

		print_message("%s", cases[i].yaml);
		if (problems.n)
			snprintf(said, sizeof said, "%u:%u: %s", problems.list[0].line,
				problems.list[0].column, problems.list[0].text);
		assert_int_equal(rc, cases[i].error ? ERR_POLICY : 0);
		if (cases[i].error && strncmp(said, cases[i].error, strlen(cases[i].error)) != 0)
			assert_string_equal(said, cases[i].error);
		agent_config_done(&c);
	}
}

static void agent_config_text__values(void **state)
{
	static const char yaml[] = "scan: { quick: 30m, full: 1d, reread: 2w }\n"
				   "limit: { cpu: 25%, rate: 10MiB, pressure: none }\n"
				   "hold: 90s\nmetrics: /m\ncontrol: none\n";
	struct agent_config c = { 0 };
	AUTO(problems) problems = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(agent_config_text(&c, "x", span_of(yaml), &problems, &e), 0);
	assert_int_equal(c.scan_quick, 1800);
	assert_int_equal(c.scan_full, 86400);
	assert_int_equal(c.reread, 14 * 86400);
	assert_int_equal(c.limit_cpu, 25);
	assert_int_equal(c.limit_rate, 10 << 20);
	assert_int_equal(c.pressure, 0);
	assert_int_equal(c.hold, 90);
	assert_int_equal(c.canary, 60); /* not given: the default */
	assert_string_equal(c.metrics, "/m");
	assert_null(c.control);
	assert_null(c.routes[0]);
	agent_config_done(&c);
}

static int load(const char *path)
{
	struct agent_config c = { 0 };
	AUTO(problems) problems = { 0 };
	struct err e = { 0 };
	int rc = agent_config_load(&c, path, &problems, &e);

	agent_config_done(&c);
	return rc;
}

static void agent_config_load__file(void **state)
{
	char path[] = "/var/tmp/invar-test-config.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hold: 5m\n", 9), 9);
	close(fd);
	assert_int_equal(load(path), 0);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(load(path), ERR_POLICY);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(load(path), ERR_POLICY);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(load(path), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1234, 0), 0);
		assert_int_equal(load(path), ERR_POLICY);
	}
	unlink(path);
	assert_int_equal(load(path), ERR_MISSING);
	assert_int_equal(load("/dev/null"), ERR_POLICY);
	assert_int_equal(load(NULL), 0);
}

/* docs/AGENT.md has a row for each setting, as the table says it. */
static void agent_settings__documented(void **state)
{
	AUTO(buf) doc = BUF_INIT((size_t)1 << 20);
	FILE *f = fopen("docs/AGENT.md", "re");
	char chunk[4096];
	size_t n;

	(void)state;
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(&doc, chunk, n);
	fclose(f);
	for (const struct agent_setting *s = agent_settings; s->key; s++) {
		AUTO(buf) row = BUF_INIT(4096);

		buf_addf(&row, "| `%s%s%s` | %s | %s |\n", s->section ? s->section : "",
			s->section ? "." : "", s->key, s->usual_text, s->text);
		if (!strstr(buf_text(&doc), buf_text(&row)))
			fail_msg("docs/AGENT.md lacks: %s", buf_text(&row));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agent_config_text__cases),
		cmocka_unit_test(agent_config_text__values),
		cmocka_unit_test(agent_config_load__file),
		cmocka_unit_test(agent_settings__documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
