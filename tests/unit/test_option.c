#include <stdio.h>

#include "../check.h"
#include "cli/exit.h"
#include "cli/option.h"
#include "cli/progress.h"
#include "cli/suggest.h"
#include "core/time.h"

#define ARGS_MAX 12

static struct {
	bool flag;
	const char *text;
	uint64_t number, bytes, count;
	struct option_time time;
	int choice;
	const struct kind *kind;
} arg;

static const char *const colours[] = { "red", "green", NULL };
static const struct option_row rows[] = {
	OPT_FLAG('f', "flag", &arg.flag, "a flag"),
	OPT_TEXT('t', "text", &arg.text, "TEXT", "a text"),
	OPT_NUMBER('n', "number", &arg.number, "N", 100, "a number"),
	OPT_END,
};
static const struct option_row more[] = {
	OPT_BYTES(0, "bytes", &arg.bytes, "BYTES", "bytes"),
	OPT_TIME(0, "time", &arg.time, "a time"),
	OPT_COUNT(0, "count", &arg.count, "N", 9, "a number, or none"),
	OPT_CHOICE(0, "colour", &arg.choice, colours, "COLOUR", "a colour"),
	OPT_KIND(0, "kind", &arg.kind, "a kind"),
	OPT_END,
};
static const struct option_row *const tables[] = { rows, more, NULL };

static int parse(const char *const *words, bool early, char **argv, int *first, struct err *e)
{
	static char program[] = "x";
	static char copies[ARGS_MAX][64];
	int argc = 1;

	memset(&arg, 0, sizeof arg);
	arg.count = 7;
	arg.choice = -1;
	argv[0] = program;
	for (; words[argc - 1]; argc++) {
		snprintf(copies[argc], sizeof copies[argc], "%s", words[argc - 1]);
		argv[argc] = copies[argc];
	}
	argv[argc] = NULL;
	return option_parse(tables, argc, argv, early, first, e);
}

static void option_parse__stores_every_type(void **state)
{
	static const char *const words[] = { "-ft", "hello", "operand", "--number=7", "--colour",
		"green", NULL };
	static const char *const others[] = { "--bytes", "20M", "--time", "1970-01-02", "--kind",
		"file", "--count", "0", NULL };
	char *argv[ARGS_MAX + 1];
	struct err e = { 0 };
	int first;

	(void)state;
	assert_int_equal(parse(words, false, argv, &first, &e), 0);
	assert_true(arg.flag);
	assert_string_equal(arg.text, "hello");
	assert_int_equal(arg.number, 7);
	assert_int_equal(arg.choice, 1);
	assert_int_equal(first, 6);
	assert_string_equal(argv[first], "operand");
	assert_int_equal(parse(others, false, argv, &first, &e), 0);
	assert_int_equal(arg.bytes, 20 << 20);
	assert_int_equal(arg.count, 0);
	assert_true(arg.time.set && arg.time.ns == INT64_C(86400000000000));
	assert_string_equal(arg.kind->name, "file");
}

static void option_parse__early_stops_at_the_first_operand(void **state)
{
	static const char *const words[] = { "-f", "check", "--number", "3", NULL };
	char *argv[ARGS_MAX + 1];
	struct err e = { 0 };
	int first;

	(void)state;
	assert_int_equal(parse(words, true, argv, &first, &e), 0);
	assert_int_equal(first, 2);
	assert_int_equal(arg.number, 0);
}

static void option_parse__says_what_was_expected(void **state)
{
	static const struct {
		const char *words[3], *text;
	} cases[] = {
		{ { "--numbr", "3" }, "unknown option '--numbr'; did you mean --number?" },
		{ { "--zzz" }, "unknown option '--zzz'" },
		{ { "--zzz=\x1b" }, "unknown option '--zzz=\\x1b'" },
		{ { "-z" }, "unknown option '-z'" },
		{ { "--number" }, "--number needs a N" },
		{ { "-n" }, "--number needs a N" },
		{ { "--flag=1" }, "--flag takes no value" },
		{ { "--number", "0" }, "--number cannot be '0': expected a number from 1 to 100" },
		{ { "--count", "10" }, "--count cannot be '10': expected a number from 0 to 9" },
		{ { "--number", "101" },
			"--number cannot be '101': expected a number from 1 to 100" },
		{ { "--number", "7x" },
			"--number cannot be '7x': expected a number from 1 to 100" },
		{ { "--number", "-7" },
			"--number cannot be '-7': expected a number from 1 to 100" },
		{ { "--bytes", "5X" }, "--bytes cannot be '5X': expected bytes such as 500000, "
				       "64K, 20M or 1G" },
		{ { "--colour", "blue" }, "--colour cannot be 'blue': expected red, green" },
		{ { "--kind", "cat" }, "--kind cannot be 'cat': expected file, package, " },
		{ { "--text", "" }, "--text needs a TEXT that is not empty" },
		{ { "--text", " \t " }, "--text needs a TEXT that is not empty" },
		{ { "--time", "soon" },
			"--time: not a time: expected RFC 3339 such as "
			"2026-11-23T01:02:03Z, a date, 23:48, -2h, today or yesterday" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *argv[ARGS_MAX + 1];
		struct err e = { 0 };
		int first = 42;

		assert_int_equal(parse(cases[i].words, false, argv, &first, &e), ERR_USAGE);
		/* the list of kinds goes on */
		assert_memory_equal(e.text, cases[i].text, strlen(cases[i].text));
		assert_int_equal(first, 42);
	}
}

static void suggest__finds_the_nearest_word(void **state)
{
	static const char *const words[] = { "init", "check", "drift", "approve", "baseline show" };
	static const struct {
		const char *typed, *word;
	} cases[] = { { "chek", "check" }, { "cehck", "check" }, { "aprove", "approve" },
		{ "drfit", "drift" }, { "xyzzy", NULL }, { "", NULL },
		{ "a-word-that-is-much-longer-than-every-command-there-is", NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct suggestion s = { .typed = cases[i].typed };

		for (size_t w = 0; w < ARRAY_LEN(words); w++)
			suggest_from(&s, words[w]);
		if (cases[i].word)
			assert_string_equal(s.word, cases[i].word);
		else
			assert_null(s.word);
	}
}

static void progress_left__never_ends_before_it_is_over(void **state)
{
	static const struct {
		int64_t spent;
		uint64_t entities, expected;
		const char *text;
	} cases[] = { { 10 * TIME_SECOND, 40, 100, ", 40%, 15 s left" },
		{ 10 * TIME_SECOND, 99, 100, ", 99%, 1 s left" },
		{ 2 * TIME_SECOND, 999, 1000, ", 100%, 1 s left" },
		{ TIME_SECOND / 2, 40, 100, "" }, { 10 * TIME_SECOND, 0, 100, "" },
		{ 10 * TIME_SECOND, 100, 100, "" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);

		progress_left(&b, cases[i].spent, cases[i].entities, cases[i].expected);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
}

static void exit_of_error__keeps_the_numbers_of_aide(void **state)
{
	static const struct {
		int code, status;
	} cases[] = { { ERR_WRITE, 14 }, { ERR_USAGE, 15 }, { ERR_POLICY, 17 }, { ERR_SYSTEM, 18 },
		{ ERR_MISSING, 18 }, { ERR_DENIED, 18 }, { ERR_VERSION, 19 }, { ERR_LOCKED, 21 },
		{ ERR_DAMAGED, 24 }, { ERR_INTERRUPTED, 25 }, { -999, 18 } };
	struct change c = { .severity = SEVERITY_MEDIUM, .verdict = VERDICT_EXPLAINED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(exit_of_error(cases[i].code), cases[i].status);
	assert_int_equal(exit_of_change(CHANGE_CREATED), 1);
	assert_int_equal(exit_of_change(CHANGE_DELETED), 2);
	assert_int_equal(exit_of_change(CHANGE_UPDATED), 4);
	assert_int_equal(exit_of_change(CHANGE_RENAMED), 4);
	for (int i = -1; fail_on_names[i + (i < 0)]; i++) {
		static const bool counts[] = { true, true, false, true, true, true, false, false };

		assert_int_equal(exit_counts(i, &c), counts[i + 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(option_parse__stores_every_type),
		cmocka_unit_test(option_parse__early_stops_at_the_first_operand),
		cmocka_unit_test(option_parse__says_what_was_expected),
		cmocka_unit_test(suggest__finds_the_nearest_word),
		cmocka_unit_test(progress_left__never_ends_before_it_is_over),
		cmocka_unit_test(exit_of_error__keeps_the_numbers_of_aide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
