#include "../check.h"
#include "core/time.h"

#define NOW (INT64_C(1795395723) * TIME_SECOND + 123456789) /* 2026-11-23T01:02:03.123456789Z */

static const struct {
	int64_t ns;
	const char *text;
} points[] = {
	{ 0, "1970-01-01T00:00:00.000000000Z" },
	{ -1, "1969-12-31T23:59:59.999999999Z" },
	{ NOW, "2026-11-23T01:02:03.123456789Z" },
	{ INT64_C(951782400) * TIME_SECOND, "2000-02-29T00:00:00.000000000Z" },
	{ INT64_C(4107542399) * TIME_SECOND, "2100-02-28T23:59:59.000000000Z" },
	{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
	{ INT64_MIN, "1677-09-21T00:12:43.145224192Z" },
};

static void time_format__and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		char text[TIME_TEXT];
		struct err e = { 0 };
		int64_t ns;

		time_format(points[i].ns, text);
		assert_string_equal(text, points[i].text);
		if (points[i].ns == INT64_MIN)
			continue; /* its whole second lies before the range */
		assert_int_equal(time_parse(span_of(text), NOW, &ns, &e), 0);
		assert_true(ns == points[i].ns);
	}
}

static void time_format_short__has_no_fraction(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	time_format_short(NOW, text);
	assert_string_equal(text, "2026-11-23 01:02:03");
}

static void time_parse__reads_what_people_type(void **state)
{
	static const struct {
		const char *text, *same_as;
	} cases[] = {
		{ "now", "2026-11-23T01:02:03.123456789Z" },
		{ "today", "2026-11-23T00:00:00Z" },
		{ "yesterday", "2026-11-22T00:00:00Z" },
		{ "00:48", "2026-11-23T00:48:00Z" },
		{ "01:02:03", "2026-11-23T01:02:03Z" },
		{ "23:48", "2026-11-22T23:48:00Z" }, /* today it was not that late yet */
		{ "-2h", "2026-11-22T23:02:03.123456789Z" },
		{ "-90s", "2026-11-23T01:00:33.123456789Z" },
		{ "-15m", "2026-11-23T00:47:03.123456789Z" },
		{ "-3d", "2026-11-20T01:02:03.123456789Z" },
		{ "-1w", "2026-11-16T01:02:03.123456789Z" },
		{ "2026-11-23", "2026-11-23T00:00:00Z" },
		{ "2026-11-23 01:02", "2026-11-23T01:02:00Z" },
		{ "2026-11-23 01:02:03", "2026-11-23T01:02:03Z" },
		{ "2026-11-23T10:02:03+09:00", "2026-11-23T01:02:03Z" },
		{ "2026-11-22t20:02:03.5-05:00", "2026-11-23T01:02:03.5Z" },
		{ "2024-02-29", "2024-02-29T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		int64_t a, b;

		assert_int_equal(time_parse(span_of(cases[i].text), NOW, &a, &e), 0);
		assert_int_equal(time_parse(span_of(cases[i].same_as), NOW, &b, &e), 0);
		assert_true(a == b);
	}
}

static void time_parse__refuses_the_rest(void **state)
{
	static const char *const bad[] = { "", "-", "-h", "-2", "-2y", "2h", "tomorrow", "2026",
		"2026-13-01", "2026-02-29", "2026-04-31", "2026-00-10", "2026-01-00", "2026-11-23T",
		"2026-11-23T24:00:00Z", "24:00", "9:30", "12:3", "2026-11-23T01:60:00Z",
		"2026-11-23T01:02:03.Z", "2026-11-23T01:02:03X", "2026-11-23T01:02:03+9:00",
		"2026-11-23T01:02:03Zx", "9999-01-01", "0001-01-01", "-99999999999999999999s",
		"-9223372036854775807w", "+026-11-23" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = { 0 };
		int64_t ns = 42;

		assert_int_equal(time_parse(span_of(bad[i]), NOW, &ns, &e), ERR_USAGE);
		assert_true(ns == 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_format__and_back),
		cmocka_unit_test(time_format_short__has_no_fraction),
		cmocka_unit_test(time_parse__reads_what_people_type),
		cmocka_unit_test(time_parse__refuses_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
