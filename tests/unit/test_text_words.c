/* Counts, spans of time and words of a shell, for people. */
#include "../check.h"
#include "core/time.h"
#include "output/output.h"

static const struct text_style plain;

static void small_words__read_well(void **state)
{
	static const struct {
		uint64_t n;
		const char *count, *plural, *bytes;
	} cases[] = {
		{ 0, "0", "0 entities", "0 bytes" },
		{ 1, "1", "1 entity", "1 byte" },
		{ 999, "999", "999 entities", "999 bytes" },
		{ 1000, "1,000", "1,000 entities", "1,000 bytes" },
		{ 1024, "1,024", "1,024 entities", "1.00 KiB" },
		{ 1234567, "1,234,567", "1,234,567 entities", "1.18 MiB" },
		{ UINT64_MAX, "18,446,744,073,709,551,615", "18,446,744,073,709,551,615 entities",
			"16.0 EiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) count = BUF_INIT(256);
		AUTO(buf) plural = BUF_INIT(256);
		AUTO(buf) bytes = BUF_INIT(256);

		text_count(&count, cases[i].n);
		text_plural(&plural, cases[i].n, "entity");
		text_bytes(&bytes, cases[i].n);
		assert_string_equal(buf_text(&count), cases[i].count);
		assert_string_equal(buf_text(&plural), cases[i].plural);
		assert_string_equal(buf_text(&bytes), cases[i].bytes);
	}
}

static void text_duration__picks_its_units(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = { { 0, "0 ms" }, { 12 * TIME_SECOND / 1000, "12 ms" },
		{ 3200 * TIME_SECOND / 1000, "3.20 s" }, { 29500 * (TIME_SECOND / 1000), "29.5 s" },
		{ 59 * TIME_SECOND, "59 s" }, { 125 * TIME_SECOND, "2 min 5 s" },
		{ 7200 * TIME_SECOND, "2 h" }, { 90000 * TIME_SECOND, "1 d 1 h" }, { -5, "0 ms" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(256);

		text_duration(&b, cases[i].ns);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
}

static void text_time__says_how_long_ago(void **state)
{
	struct text_style style = { .now = 7200 * TIME_SECOND };
	AUTO(buf) b = BUF_INIT(256);

	(void)state;
	text_time(&b, 3600 * TIME_SECOND, &style);
	buf_add_char(&b, '\n');
	text_time(&b, 0, &plain);
	assert_string_equal(buf_text(&b), "1970-01-01 01:00:00 UTC (1 hour ago)\n"
					  "1970-01-01 00:00:00 UTC");
}

static void text_shell__quotes_what_a_shell_would_read(void **state)
{
	static const struct {
		const char *word, *text;
	} cases[] = { { "/etc/ssh", "/etc/ssh" }, { "", "''" }, { "a b", "'a b'" },
		{ "it's", "'it'\\''s'" }, { "$(reboot)", "'$(reboot)'" }, { "a\nb", "'a\\x0ab'" },
		{ "~", "'~'" }, { "日本", "'日本'" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(256);

		text_shell(&b, span_of(cases[i].word));
		assert_string_equal(buf_text(&b), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_words__read_well),
		cmocka_unit_test(text_duration__picks_its_units),
		cmocka_unit_test(text_time__says_how_long_ago),
		cmocka_unit_test(text_shell__quotes_what_a_shell_would_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
