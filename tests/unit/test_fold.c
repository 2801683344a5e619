#include "../check.h"
#include "core/fold.h"
#include "core/glob.h"

static void fold_same__is_simple_upper_case(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "abcXYZ0_", "ABCxyz0_", true },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc", "\xc3\x84\xc3\x96\xc3\x9c", true }, /* äöü */
		{ "\xc3\xbf", "\xc5\xb8", true },                                 /* ÿ Ÿ */
		{ "\xcf\x82", "\xcf\x83", false },                                /* ς σ */
		{ "\xe1\xbe\x80", "\xe1\xbe\x88", true },                         /* ᾀ ᾈ */
		{ "\xe1\xbd\x80", "\xe1\xbd\x88", true },                         /* ὀ Ὀ */
		{ "\xc3\x9f", "SS", false },                                      /* ß */
		{ "\xc4\xb1", "I", false },                                       /* ı */
		{ "\xc5\xbf", "S", false },                                       /* ſ */
		{ "\xc2\xb5", "\xce\x9c", false },                                /* µ */
		{ "\xf0\x90\x90\xa8", "\xf0\x90\x90\x80", false }, /* 𐐨: two units */
		{ "\xed\xa0\x80x", "\xed\xa0\x80X", true },        /* an unpaired surrogate */
		{ "\xc0\x80x", "\xc0\x80X", true },                /* NUL */
		{ "\xff\xe4", "\xff\xc4", false },                 /* bytes */
		{ "a", "ab", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span a = span_of(rows[i].a), b = span_of(rows[i].b);

		if (fold_same(a, b) != rows[i].same || (fold_compare(a, b) == 0) != rows[i].same)
			fail_msg("row %zu", i);
		if (rows[i].same)
			assert_int_equal(fold_hash(a), fold_hash(b));
	}
}

static void glob_text__in_the_dialect_of_the_registry(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool is;
	} rows[] = {
		{ "run*", "RunOnce", true },
		{ "*\xc3\xa9?", "x\xc3\x89\xc3\xa9", true },
		{ "a?c",
			"A\xe2\x82\xac"
			"C",
			true },
		{ "[*]", "*", true },
		{ "[*]", "x", false },
		{ "[a-c]x", "BX", true },
		{ "[a-c]x", "DX", false },
		{ "[-a]", "-", true },
		{ "[]]", "]", true },
		{ "*[0-9]", "a1b2", true },
		{ "*[0-9]", "a1b", false },
		{ "\\d", "\\D", true },
		{ "*a*b*c*", "xxaxxbxxcxx", true },
		{ "*a*b*c*", "xxaxxcxxbxx", false },
		{ "", "", true },
		{ "", "x", false },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (glob_text_as(span_of(rows[i].pattern), span_of(rows[i].text), &glob_name) !=
			rows[i].is)
			fail_msg("'%s' against '%s'", rows[i].pattern, rows[i].text);
	assert_int_equal(glob_text_check_as(span_of("a[b"), &glob_name, &e), ERR_FORMAT);
	assert_int_equal(glob_text_check_as(span_of("[[]"), &glob_name, &e), 0);
	assert_int_equal(glob_text_check_as(span_of("a[b"), &glob_windows, &e), 0);
	assert_true(glob_text_as(span_of("a[1]*"), span_of("A[1].txt"), &glob_windows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fold_same__is_simple_upper_case),
		cmocka_unit_test(glob_text__in_the_dialect_of_the_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
