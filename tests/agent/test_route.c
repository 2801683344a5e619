/* Routes as they are written, and the link with a collector that has made up its ledger. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "ledger_fake.h"
#include "os/clock.h"
#include "policy/bind.h"

/* ---- written ---- */

static int read_routes(struct arena *a, const char *yaml, struct problems *problems,
	const struct route **ret)
{
	struct binder b = { .arena = a, .problems = problems };
	struct node *root;
	struct err e;

	if (tree_parse(a, "agent.yaml", span_of(yaml), &root, problems, &e) < 0)
		return e.code;
	for (unsigned i = 0; i < root->n; i++)
		if (route_bind(&b, root->items[i], i, ret, &e) < 0)
			return e.code;
	return 0;
}

static void bind__says_where_and_what(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line, column;
		const char *text;
	} cases[] = {
		{ "- 5", 1, 3, "expected a route" },
		{ "- {to: file}", 1, 3, "needs 'name'" },
		{ "- {name: a}", 1, 3, "needs 'to'" },
		{ "- {name: a, to: fil}", 1, 17, "did you mean 'file'" },
		{ "- {name: a, to: file}", 1, 3, "needs 'path'" },
		{ "- {name: ../a, to: file, path: /x}", 1, 10, "a name of a-z" },
		{ "- {name: a, to: file, path: x}", 1, 29, "absolute path" },
		{ "- name: a\n  to: file\n  path: /x\n  url: http://x", 4, 3, "has not" },
		{ "- name: a\n  to: file\n  path: /x\n  pth: /x", 4, 3, "did you mean 'path'" },
		{ "- name: a\n  to: file\n  path: /x\n  rotate_size: 1", 4, 16, "a size" },
		{ "- name: a\n  to: file\n  path: /x\n  format: syslog", 4, 11, "json, text" },
		{ "- name: a\n  to: file\n  path: /x\n  kinds: [fil]", 4, 11, "'file'" },
		{ "- {name: a, to: file, path: /x}\n- {name: a, to: file, path: /y}", 2, 3,
			"a second route" },
		{ "- {name: a, to: syslog, address: 'host:514'}", 1, 34, "tls://" },
		{ "- {name: a, to: syslog, address: 'tcp://h:99999'}", 1, 34, "tls://" },
		{ "- {name: a, to: syslog, address: 'tcp://h', ca: /x}", 1, 49, "not use TLS" },
		{ "- {name: a, to: syslog, address: 'tls://h', cert: /x}", 1, 3, "go together" },
		{ "- {name: a, to: webhook, url: 'ftp://h'}", 1, 31, "https://" },
		{ "- {name: a, to: mail, recipients: ['-x@y']}", 1, 36, "mail address" },
		{ "- {name: a, to: mail, recipients: ['x y']}", 1, 36, "mail address" },
		{ "- {name: a, to: command, argv: [true]}", 1, 33, "absolute path" },
		{ "- {name: a, to: command, argv: [/bin/true], keep: x}", 1, 51, "7d" },
		{ "- {name: a, to: command, argv: [/bin/true], retry: 9}", 1, 52, "30s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(problems) problems = { 0 };
		const struct route *routes[4] = { NULL };

		assert_int_equal(read_routes(a, cases[i].yaml, &problems, routes), ERR_POLICY);
		assert_true(problems.n > 0);
		if (!strstr(problems.list[0].text, cases[i].text) ||
			problems.list[0].line != cases[i].line ||
			problems.list[0].column != cases[i].column)
			fail_msg("%s\n%u:%u: %s", cases[i].yaml, problems.list[0].line,
				problems.list[0].column, problems.list[0].text);
	}
}

static void bind__fills_in_all_of_a_route(void **state)
{
	static const char yaml[] =
		"- name: siem\n  to: syslog\n  address: 'tls://[::1]:6515'\n"
		"  format: cef\n  facility: local3\n  ca: /ca\n  cert: /c\n"
		"  key: /k\n  severity: high\n  kinds: [file, user]\n"
		"  records: [change, gap]\n  verdicts: unexplained\n  keep: 7d\n"
		"  retry: 90s\n  from: start\n  framing: lines\n"
		"- name: m\n  to: mail\n  recipients: [a@b.c]\n  interval: 15m\n";
	AUTO_FREE(arena) a = arena_new();
	AUTO(problems) problems = { 0 };
	const struct route *r[4] = { NULL };

	(void)state;
	assert_int_equal(read_routes(a, yaml, &problems, r), 0);
	assert_string_equal(r[0]->host, "::1");
	assert_int_equal(r[0]->port, 6515);
	assert_int_equal(r[0]->transport, TRANSPORT_TLS);
	assert_int_equal(r[0]->format, FORMAT_CEF);
	assert_int_equal(r[0]->facility, 19);
	assert_int_equal(r[0]->severity, SEVERITY_HIGH);
	assert_int_equal(r[0]->records, 1 << RECORD_CHANGE | 1 << RECORD_GAP);
	assert_int_equal(r[0]->keep_ns, 7 * INT64_C(86400000000000));
	assert_int_equal(r[0]->keep_records, 0);
	assert_int_equal(r[0]->retry_ns, 90 * INT64_C(1000000000));
	assert_int_equal(r[0]->from, 1);
	assert_true(r[0]->verify);
	assert_int_equal(r[1]->interval_ns, 900 * INT64_C(1000000000));
	assert_int_equal(r[1]->format, FORMAT_TEXT);
}

static void wants__weighs_severity_kind_record_and_verdict(void **state)
{
	const struct route all = { .name = "a" };
	const struct route severe = { .name = "s", .severity = SEVERITY_HIGH };
	const struct route users = { .name = "u",
		.kinds = UINT64_C(1) << kind_find(span_of("user"))->id };
	const struct route open = { .name = "o", .verdicts = 1 << VERDICT_UNEXPLAINED };
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	r.change.kind = kind_find(span_of("file"));
	r.change.severity = SEVERITY_CRITICAL;
	assert_true(route_wants(&all, &r));
	assert_true(route_wants(&severe, &r));
	assert_false(route_wants(&users, &r));
	assert_true(route_wants(&open, &r));
	r.change.verdict = VERDICT_EXPLAINED;
	assert_true(route_wants(&all, &r));
	assert_false(route_wants(&severe, &r)); /* nobody must act */
	assert_false(route_wants(&open, &r));
	r = (struct ledger_record){ .type = RECORD_LOSS };
	assert_true(route_wants(&severe, &r));
	assert_true(route_wants(&users, &r)); /* it may be of users */
	r = (struct ledger_record){ .type = RECORD_COVERAGE };
	assert_false(route_wants(&all, &r));
}

/* ---- at work ---- */

struct scratch {
	char dir[64], spool[96], out[96];
	struct route route;
	const struct route *routes[2];
	struct agent_config config;
};

static void scratch_make(struct scratch *p)
{
	*p = (struct scratch){ .dir = "/var/tmp/invar-route.XXXXXX" };
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->spool, sizeof p->spool, "%s/spool", p->dir);
	snprintf(p->out, sizeof p->out, "%s/out", p->dir);
	assert_int_equal(mkdir(p->spool, 0700), 0);
	p->route = (struct route){ .name = "r",
		.type = ROUTE_FILE,
		.from = 1,
		.path = p->out,
		.folder = p->dir,
		.batch = 7,
		.rotate_size = UINT64_MAX,
		.retry_ns = 100000000,
		.timeout_ns = UINT64_C(10000000000) };
	p->routes[0] = &p->route;
	p->config.routes = p->routes;
}

static void scratch_remove(const struct scratch *p)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
	assert_int_equal(system(command), 0);
}

#define FAKE(p, h) \
	((struct ledger_fake){ .setup = { .config = &(p)->config, .spool = (p)->spool }, \
		.head = h })

static unsigned seen[4096];
static char text[1 << 20];

/* How often each record stands in a file; the rest of it is in text. */
static void count_seen(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	memset(seen, 0, sizeof seen);
	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	for (const char *p = text; (p = strstr(p, "\"key\":\"/srv/file-")); p++)
		seen[atoi(p + 17) & 4095]++;
}

static void assert_once(uint64_t from, uint64_t to)
{
	for (uint64_t i = 0; i < ARRAY_LEN(seen); i++)
		assert_int_equal(seen[i], i >= from && i <= to);
}

static void link__goes_on_where_it_was(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	struct ledger_fake f = FAKE(&p, 100);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 100));
	ledger_fake_head(&f, 130);
	assert_true(ledger_fake_serve(&f, 20000, 130));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(1, 130);
	f.head = 150;
	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 150));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(1, 150);
	buf_done(&f.state);
	scratch_remove(&p);
}

/* Records are written while it asks: it gets more than it was told of. */
static void link__what_it_was_told_late_sends_nothing_again(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	struct ledger_fake f = FAKE(&p, 100);

	ledger_fake_start(&f);
	f.beyond = 4;
	assert_true(ledger_fake_serve(&f, 20000, 104));
	ledger_fake_head(&f, 130);
	assert_true(ledger_fake_serve(&f, 20000, 130));
	ledger_fake_head(&f, 120); /* nor does a smaller number, however it comes about */
	ledger_fake_head(&f, 131);
	assert_true(ledger_fake_serve(&f, 20000, 131));
	ledger_fake_stop(&f, true);
	f.head = 0; /* nothing is known of it yet */
	ledger_fake_start(&f);
	ledger_fake_head(&f, 132);
	assert_true(ledger_fake_serve(&f, 20000, 132));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(1, 132);
	assert_null(strstr(text, "another-ledger"));
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__another_ledger_is_sent_from_its_beginning(void **state)
{
	static const uint64_t heads[] = { 20, 90 }; /* fewer records, and more */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct scratch p;

		scratch_make(&p);
		struct ledger_fake f = FAKE(&p, 50);

		ledger_fake_start(&f);
		assert_true(ledger_fake_serve(&f, 20000, 50));
		ledger_fake_stop(&f, i);
		assert_int_equal(unlink(p.out), 0);
		f.head = heads[i];
		f.ledger++;
		ledger_fake_start(&f);
		assert_true(ledger_fake_serve(&f, 20000, heads[i]));
		ledger_fake_stop(&f, false);
		count_seen(p.out);
		assert_once(1, heads[i]);
		const char *note = strstr(text, "\"another-ledger\"");

		assert_non_null(note);
		assert_true(note < strstr(text, "/srv/file-000001"));
		assert_null(strstr(note + 2, "another-ledger"));
		buf_done(&f.state);
		scratch_remove(&p);
	}
}

static void link__a_new_route_begins_at_the_end(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	p.route.from = 0;
	struct ledger_fake f = FAKE(&p, 100);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 100));
	ledger_fake_stop(&f, true); /* where it begins is on the disk */
	f.head = 103;
	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 103));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(101, 103);
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__tells_first_what_it_left_out(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	p.route.keep_records = 10;
	struct ledger_fake f = FAKE(&p, 100);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 100));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(91, 100);
	assert_non_null(strstr(text, "90 records were left out, seq 1-90"));
	assert_true(strstr(text, "left out") < strstr(text, "file-000091"));
	assert_non_null(strstr(buf_text(&f.state), "\"lost\":90"));
	/* nor twice */
	f.head = 101;
	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 101));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_null(strstr(strstr(text, "left out") + 1, "left out"));
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__leaves_out_what_is_too_old(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	p.route.keep_ns = UINT64_C(3600000000000);
	struct ledger_fake f = FAKE(&p, 20);

	f.time = clock_now() - INT64_C(7200000000000);
	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 20));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(1, 0);
	assert_non_null(strstr(text, "20 records were left out, seq 1-20"));
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__tries_again_until_it_is_taken(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", NULL, NULL };
	struct scratch p;
	char script[512];

	(void)state;
	scratch_make(&p);
	/* takes every third only */
	snprintf(script, sizeof script,
		"cd '%s'; cat >in; echo >>tries; [ $(($(wc -l <tries) %% 3)) = 0 ] && cat in >>out",
		p.dir);
	argv[2] = script;
	p.route.type = ROUTE_COMMAND;
	p.route.argv = argv;
	struct ledger_fake f = FAKE(&p, 20);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 60000, 20));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_once(1, 20);
	assert_non_null(strstr(buf_text(&f.state), "\"failures\":6"));
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__one_that_hangs_holds_up_nobody(void **state)
{
	const char *argv[] = { "/bin/sleep", "1000", NULL };
	struct route hangs = { .name = "hangs",
		.type = ROUTE_COMMAND,
		.from = 1,
		.batch = 7,
		.argv = argv,
		.retry_ns = 100000000,
		.timeout_ns = UINT64_C(3600000000000) };
	const struct route *routes[3] = { &hangs, NULL, NULL };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	routes[1] = &p.route;
	p.config.routes = routes;
	struct ledger_fake f = FAKE(&p, 2000);

	ledger_fake_start(&f);
	for (int i = 0; i < 600; i++) {
		(void)ledger_fake_serve(&f, 100, 0);
		if (strstr(buf_text(&f.state), "\"cursor\":2000,"))
			break;
	}
	ledger_fake_stop(&f, false); /* with a program that runs */
	count_seen(p.out);
	assert_once(1, 2000);
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__mails_once_in_an_interval(void **state)
{
	static const char *const recipients[] = { "soc@example.com", NULL };
	char sendmail[96], script[160];
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	snprintf(sendmail, sizeof sendmail, "%s/sendmail", p.dir);
	snprintf(script, sizeof script, "#!/bin/sh\nexec cat >>'%s'\n", p.out);
	fd = open(sendmail, O_WRONLY | O_CREAT, 0700);
	assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	close(fd);
	p.route.type = ROUTE_MAIL;
	p.route.sendmail = sendmail;
	p.route.recipients = recipients;
	p.route.interval_ns = UINT64_C(2000000000);
	struct ledger_fake f = FAKE(&p, 1500); /* more than one answer holds */

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 1500));
	int64_t sent = clock_monotonic();

	for (uint64_t head = 1501; head < 1510; head++)
		ledger_fake_head(&f, head);
	assert_true(ledger_fake_serve(&f, 20000, 1509));
	assert_true(clock_monotonic() - sent > INT64_C(1500000000));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	const char *second = strstr(text, "Subject: [invar] web7: 9 findings (5 high, 4 low)");

	assert_non_null(strstr(text, "Subject: [invar] web7: 1500 findings (750 high, 750 low)"));
	assert_non_null(second);
	assert_null(strstr(second + 1, "Subject:"));
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__rotates_and_finds_its_file_again(void **state)
{
	struct scratch p;
	char one[128], many[128];

	(void)state;
	scratch_make(&p);
	p.route.rotate_size = 8192;
	p.route.rotate_count = 2;
	snprintf(one, sizeof one, "%s.1", p.out);
	snprintf(many, sizeof many, "%s.3", p.out);
	struct ledger_fake f = FAKE(&p, 300);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 300));
	assert_int_equal(access(one, F_OK), 0);
	assert_int_not_equal(access(many, F_OK), 0);
	assert_int_equal(unlink(p.out), 0); /* as somebody else's rotation does */
	ledger_fake_head(&f, 301);
	assert_true(ledger_fake_serve(&f, 20000, 301));
	count_seen(p.out);
	assert_once(301, 301);
	ledger_fake_stop(&f, false);
	buf_done(&f.state);
	scratch_remove(&p);
}

static void link__a_torn_line_is_written_again(void **state)
{
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	fd = open(p.out, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "whole\n{\"torn", 12), 12);
	close(fd);
	struct ledger_fake f = FAKE(&p, 3);

	ledger_fake_start(&f);
	assert_true(ledger_fake_serve(&f, 20000, 3));
	ledger_fake_stop(&f, false);
	count_seen(p.out);
	assert_int_equal(memcmp(text, "whole\n{\"v\"", 10), 0);
	assert_once(1, 3);
	buf_done(&f.state);
	scratch_remove(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bind__says_where_and_what),
		cmocka_unit_test(bind__fills_in_all_of_a_route),
		cmocka_unit_test(wants__weighs_severity_kind_record_and_verdict),
		cmocka_unit_test(link__goes_on_where_it_was),
		cmocka_unit_test(link__what_it_was_told_late_sends_nothing_again),
		cmocka_unit_test(link__another_ledger_is_sent_from_its_beginning),
		cmocka_unit_test(link__a_new_route_begins_at_the_end),
		cmocka_unit_test(link__tells_first_what_it_left_out),
		cmocka_unit_test(link__leaves_out_what_is_too_old),
		cmocka_unit_test(link__tries_again_until_it_is_taken),
		cmocka_unit_test(link__one_that_hangs_holds_up_nobody),
		cmocka_unit_test(link__mails_once_in_an_interval),
		cmocka_unit_test(link__rotates_and_finds_its_file_again),
		cmocka_unit_test(link__a_torn_line_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
