#include "../check.h"
#include "core/time.h"
#include "sensor/cron/cron_room.h"

/* Jobs as "LINE schedule|user|command|input", variables as "LINE name=value", others "LINE bad". */
static const struct {
	enum cron_format format;
	const char *text, *is;
} tabs[] = {
	{ CRON_FORMAT_USER, "# c\n\n*/5 0-6 * jan mon-fri\ttrue  x \n",
		"3 */5 0-6 * jan mon-fri||true  x|\n" },
	{ CRON_FORMAT_SYSTEM, "17 *\t* * *\troot    cd / && run-parts\n",
		"1 17 * * * *|root|cd / && run-parts|\n" },
	{ CRON_FORMAT_USER, "@reboot /x\n@often /y\n", "1 @reboot||/x|\n2 bad\n" },
	{ CRON_FORMAT_SYSTEM, "@daily root\n@daily root x", "1 bad\n2 @daily|root|x|\n" },
	{ CRON_FORMAT_USER, "A=b\n B = \"c d\" \n'E F'='g'\nH=\n",
		"1 A=b\n2 B=c d\n3 E F=g\n4 H=\n" },
	{ CRON_FORMAT_USER, "* * * * * A=1 x\n", "1 * * * * *||A=1 x|\n" },
	{ CRON_FORMAT_USER, "* * * * * date +\\%F%a%b\\%\n", "1 * * * * *||date +%F|a\nb%\n" },
	{ CRON_FORMAT_USER, "* * * *\n1 2 3 4 5\n1 2 3 $ 5 x\nwhatever\n",
		"1 bad\n2 bad\n3 bad\n4 bad\n" },
	/* cron refuses these, and with them the file */
	{ CRON_FORMAT_SYSTEM,
		"61 * * * * root x\n* 24 * * * root x\n* * 0 * * root x\n* * * 13 * root x\n"
		"* * * * 8 root x\n1-60 * * * * root x\n*/0 * * * * root x\njan * * * * root x\n"
		"* * * * foo root x\n1, * * * * root x\n1- * * * * root x\n* * * * mo root x\n"
		"99999999999999999999 * * * * root x\n1x * * * * root x\n",
		"1 bad\n2 bad\n3 bad\n4 bad\n5 bad\n6 bad\n7 bad\n8 bad\n9 bad\n10 bad\n11 bad\n"
		"12 bad\n13 bad\n14 bad\n" },
	{ CRON_FORMAT_USER,
		"59 23 31 12 7 x\n0,10-20/5,*/2 00 1 JAN Sunday x\n~ 1~5 ?/3 * sat-7 x\n"
		"5~ * ~7/2 * * x\n",
		"1 59 23 31 12 7||x|\n2 0,10-20/5,*/2 00 1 JAN Sunday||x|\n"
		"3 ~ 1~5 ?/3 * sat-7||x|\n4 5~ * ~7/2 * *||x|\n" },
	{ CRON_FORMAT_USER, "-1 2 3 4 5 x\n", "1 1 2 3 4 5||x|\n" },
	{ CRON_FORMAT_ANACRON,
		"SHELL=/bin/sh\n1\t5\tcron.daily\trun-parts /x\n@monthly 15 m y\n"
		"7 x w z\n",
		"1 SHELL=/bin/sh\n2 every 1 day, delay 5 min|root|run-parts /x|\n"
		"3 @monthly, delay 15 min|root|y|\n4 bad\n" },
};

static void tabs_are_read_as_cron_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tabs); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		AUTO_FREE(arena) a = arena_new();
		struct crontab tab = { span_of(tabs[i].text), tabs[i].format, a, 0 };
		struct cron_line l;

		while (crontab_next(&tab, &l)) {
			buf_addf(&b, "%u ", l.line);
			if (l.type == CRON_LINE_BAD)
				buf_add_text(&b, "bad\n");
			else if (l.type == CRON_LINE_VARIABLE)
				buf_addf(&b, "%.*s=%.*s\n", SPAN_ARG(l.name), SPAN_ARG(l.value));
			else
				buf_addf(&b, "%.*s|%.*s|%.*s|%.*s\n", SPAN_ARG(l.schedule),
					SPAN_ARG(l.user), SPAN_ARG(l.command), SPAN_ARG(l.input));
		}
		assert_string_equal(buf_text(&b), tabs[i].is);
	}
}

/* Words; those at the place of a program with a "!". */
static const struct {
	const char *command, *is;
} commands[] = {
	{ "cd / && run-parts --report /x", "!cd / !run-parts --report /x " },
	{ "A=1 B=2 /bin/x y", "!A=1 !B=2 !/bin/x y " },
	{ "[ -x /a ] && if [ ! -d /b ]; then /c/d e >/dev/null; fi",
		"![ -x /a ] !if ![ ! -d /b ] !then !/c/d e !fi " },
	{ "a > /out 2>&1 | b", "!a 2 1 !b " },
	{ "nice -n 5 /x", "!nice !-n 5 /x " },
	{ "(a;b)&'c d'", "!a !b !c d " },
	{ ">x >y >z", "" },
	{ "", "" },
};

static void commands_are_cut_into_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		struct shell_words w = { .rest = span_of(commands[i].command) };
		struct span word;
		bool first;

		while (shell_word(&w, &word, &first))
			buf_addf(&b, "%s%.*s ", first ? "!" : "", SPAN_ARG(word));
		assert_string_equal(buf_text(&b), commands[i].is);
	}
}

#define JOB \
	"#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail alice 0\numask 22\n" \
	"HOME=/home/alice; export HOME\nA=b\\ c\\;d; export A\nN=x\"\n\"y; export N\n" \
	"cd /home/alice || {\n\t echo 'no' >&2\n\t exit 1\n}\n"

static void at_jobs_are_read(void **state)
{
	static const char *const variables[] = { "HOME=/home/alice", "A=b c;d", "N=x\"\n\"y" };
	AUTO_FREE(arena) a = arena_new();
	struct at_job j;
	struct span x;

	(void)state;
	assert_true(at_job_name(span_of("a0000101c89956"), &j));
	assert_int_equal(j.time, INT64_C(0x1c89956) * 60 * TIME_SECOND);
	assert_int_equal(j.queue, 'a');
	assert_true(at_job_parse(span_of(JOB "echo hi\n}\nexit\n\n"), &j));
	assert_int_equal(j.uid, 1000);
	assert_true(span_is(j.user, "alice"));
	assert_true(span_is(j.command, "echo hi\n}\nexit"));
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		assert_true(at_job_variable(&j.head, a, &x));
		assert_true(span_is(x, variables[i]));
	}
	assert_false(at_job_variable(&j.head, a, &x));
}

static void what_is_no_at_job_is_refused(void **state)
{
	static const char *const wrong[] = { ".SEQ", "=0000101c89956", "a0000101c8995",
		"a000g101c89956", "a0000101c899567", "" };
	struct at_job j;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(at_job_name(span_of(wrong[i]), &j));
	assert_false(at_job_parse(span_of("#!/bin/sh\necho\n"), &j));
	assert_false(at_job_parse(span_of(""), &j));
	assert_true(at_job_parse(span_of("#!/bin/sh\n# atrun uid=0 gid=0"), &j)); /* cut off */
	assert_int_equal(j.command.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tabs_are_read_as_cron_does),
		cmocka_unit_test(commands_are_cut_into_words),
		cmocka_unit_test(at_jobs_are_read),
		cmocka_unit_test(what_is_no_at_job_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
