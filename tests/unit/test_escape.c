#include "../check.h"
#include "core/escape.h"
#include "core/utf8.h"

#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static const struct {
	struct span in;
	const char *out;
	bool needed;
} cases[] = {
	{ TEXT(""), "", false },
	{ TEXT("/etc/passwd"), "/etc/passwd", false },
	{ TEXT("a\\b"), "a\\x5cb", false },
	{ TEXT("\\\\"), "\\x5c\\x5c", false },
	{ TEXT("日本語 é"), "日本語 é", false },
	{ TEXT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", false },
	{ TEXT("nul\0x"), "nul\\x00x", true },
	{ TEXT("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d", true },
	{ TEXT("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m", true },
	{ TEXT("del\x7f"), "del\\x7f", true },
	{ TEXT("c1 \xc2\x9b"), "c1 \\xc2\\x9b", true },
	{ TEXT("\xe2\x80\xae"), "\\xe2\\x80\\xae", true },
	{ TEXT("\xe2\x81\xa9x"), "\\xe2\\x81\\xa9x", true },
	{ TEXT("\xe2\x80\x8f\xe2\x80\x8e"), "\\xe2\\x80\\x8f\\xe2\\x80\\x8e", true },
	{ TEXT("\xe2\x80\xa8"), "\\xe2\\x80\\xa8", true },
	{ TEXT("\xd8\x9c"), "\\xd8\\x9c", true },
	{ TEXT("a\xe2\x80\x8b"), "a\\xe2\\x80\\x8b", true },
	{ TEXT("\xe2\x80\x8c"), "\\xe2\\x80\\x8c", true },
	{ TEXT("\xe2\x80\x8d"), "\\xe2\\x80\\x8d", true },
	{ TEXT("\xe2\x81\xa0"), "\\xe2\\x81\\xa0", true },
	{ TEXT("\xef\xbb\xbf"), "\\xef\\xbb\\xbf", true },
	{ TEXT("pass\xc2\xadwd"), "pass\\xc2\\xadwd", true },
	{ TEXT("\xe2\x80\x90\xc2\xae"), "\xe2\x80\x90\xc2\xae", false },
	{ TEXT("nbsp\xc2\xa0x"), "nbsp\\xc2\\xa0x", true },
	{ TEXT("\xe2\x80\x8a"), "\\xe2\\x80\\x8a", true },
	{ TEXT("\u65b0\u898f\u3000x"), "\u65b0\u898f\u3000x", false },
	{ TEXT("\u845b\U000e0100"), "\u845b\U000e0100", false },
	{ TEXT("\u2764\ufe0f"), "\u2764\ufe0f", false },
	{ TEXT("a\U000e0100"), "a\\xf3\\xa0\\x84\\x80", true },
	{ TEXT("tag\xf3\xa0\x81\x81"), "tag\\xf3\\xa0\\x81\\x81", true },
	{ TEXT("\xf3\xa0\x80\x80\xf3\xa0\x87\xaf"), "\\xf3\\xa0\\x80\\x80\\xf3\\xa0\\x87\\xaf",
		true },
	{ TEXT("a\xef\xb8\x8f"), "a\\xef\\xb8\\x8f", true },
	{ TEXT("\xe3\x85\xa4"), "\\xe3\\x85\\xa4", true },
	{ TEXT("\xf3\xa1\x80\x80"), "\xf3\xa1\x80\x80", false },
	{ TEXT("\ue000"), "\\xee\\x80\\x80", true },
	{ TEXT("\xef\xbf\xbe"), "\\xef\\xbf\\xbe", true },
	{ TEXT("\U00100000"), "\\xf4\\x80\\x80\\x80", true },
	{ TEXT("\ufffd\uffe5"), "\ufffd\uffe5", false },
	{ TEXT(" a b "), " a b ", false },
	{ TEXT("\xff\xfe"), "\\xff\\xfe", true },
	{ TEXT("cut \xe3\x81"), "cut \\xe3\\x81", true },
	{ TEXT("overlong \xc0\xaf"), "overlong \\xc0\\xaf", true },
	{ TEXT("surrogate \xed\xa0\x80"), "surrogate \\xed\\xa0\\x80", true },
	{ TEXT("beyond \xf4\x90\x80\x80"), "beyond \\xf4\\x90\\x80\\x80", true },
};

static void escape_text__shows_every_byte_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);

		escape_text(&b, cases[i].in);
		assert_string_equal(buf_text(&b), cases[i].out);
		assert_int_equal(escape_needed(cases[i].in), cases[i].needed);
	}
}

static void escape_value__leaves_a_backslash_that_looks_like_none_of_ours(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = { { TEXT("a\\b"), "a\\b" }, { TEXT("\\"), "\\" }, { TEXT("\\x4"), "\\x4" },
		{ TEXT("\\xzz"), "\\xzz" }, { TEXT("\\x1b[0m"), "\\x5cx1b[0m" },
		{ TEXT("\\\\x41"), "\\\\x41" }, { TEXT("\\\\x1b"), "\\\\x5cx1b" },
		{ TEXT("\\x86"), "\\x5cx86" }, { TEXT("\\x64\\x20"), "\\x64\\x5cx20" },
		{ TEXT("\\x5c"), "\\x5cx5c" }, { TEXT("\\x4\x01"), "\\x4\\x01" },
		{ TEXT("\\\x1b"), "\\x5c\\x1b" }, { TEXT("\\\\\x1b"), "\\\\x5c\\x1b" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		AUTO(buf) back = BUF_INIT(4096);

		escape_value(&b, rows[i].in);
		assert_string_equal(buf_text(&b), rows[i].out);
		escape_value_undo(buf_span(&b), &back);
		assert_true(span_same(buf_span(&back), rows[i].in));
	}
}

/* What separates cannot be taken for part of the name behind it, nor for a doubled backslash. */
static void escape_name__shows_nul_and_is_undone(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = { { TEXT("Run\\a\xc0\x80"
			    "b"),
			     "Run\\a\\x00b" },
		{ TEXT("Run\\\xc0\x80"), "Run\\x5c\\x00" },
		{ TEXT("Run\\\xe2\x80\xae"), "Run\\x5c\\xe2\\x80\\xae" },
		{ TEXT("Run\\\\\\\xe2\x80\xae"), "Run\\\\\\x5c\\xe2\\x80\\xae" },
		{ TEXT("drivers\\x64\\x86\\a"), "drivers\\x64\\x86\\a" },
		{ TEXT("a\u200b\\x86"), "a\\xe2\\x80\\x8b\\x86" },
		{ TEXT("a\xe2\x80\\x86"), "a\\xe2\\x80\\x5cx86" },
		{ TEXT("\\xc3\\xa4"), "\\x5cxc3\\xa4" }, { TEXT("Run\\x00"), "Run\\x5cx00" },
		{ TEXT("\xc0\xc0\x80"), "\\xc0\\x00" }, { TEXT("\xc0"), "\\xc0" },
		{ TEXT(" a b  "), "\\x20a b\\x20\\x20" }, { TEXT("Run\\ "), "Run\\x5c\\x20" },
		{ TEXT("  "), "\\x20\\x20" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) shown = BUF_INIT(4096);
		AUTO(buf) back = BUF_INIT(4096);

		escape_name(&shown, rows[i].in);
		assert_string_equal(buf_text(&shown), rows[i].out);
		escape_name_undo(buf_span(&shown), &back);
		assert_true(span_same(buf_span(&back), rows[i].in));
	}
}

static void escape_key__shows_blanks_at_the_ends(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = { { TEXT(""), "" }, { TEXT("a\u3000"), "a\\xe3\\x80\\x80" },
		{ TEXT("/a b"), "/a b" }, { TEXT(" "), "\\x20" },
		{ TEXT("/lead/ trail "), "/lead/ trail\\x20" },
		{ TEXT("  a\\ \xff "), "\\x20\\x20a\\x5c \\xff\\x20" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) shown = BUF_INIT(4096);
		AUTO(buf) back = BUF_INIT(4096);
		struct err e;

		escape_key(&shown, rows[i].in);
		assert_string_equal(buf_text(&shown), rows[i].out);
		assert_int_equal(escape_undo(buf_span(&shown), &back, &e), 0);
		assert_true(span_same(buf_span(&back), rows[i].in));
	}
}

static void escape_flat__shows_nul(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = { { TEXT("uninstall:a\xc0\x80"
			    "b:x64"),
			     "uninstall:a\\x00b:x64" },
		{ TEXT("a\\\xc0"), "a\\x5c\\xc0" }, { TEXT(" \xc0\x80"), "\\x20\\x00" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) shown = BUF_INIT(4096);

		escape_flat(&shown, rows[i].in);
		assert_string_equal(buf_text(&shown), rows[i].out);
	}
}

static void escape_undo__gives_the_bytes_back(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);

		assert_int_equal(escape_undo(span_of(cases[i].out), &b, &e), 0);
		assert_true(span_same(buf_span(&b), cases[i].in));
	}
}

static void escape_undo__refuses_half_an_escape(void **state)
{
	static const char *const bad[] = { "\\", "a\\x", "\\x1", "\\xg0", "\\n", "\\\\" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		struct err e = { 0 };

		assert_int_equal(escape_undo(span_of(bad[i]), &b, &e), ERR_FORMAT);
	}
}

/* Every single byte, and every pair with a lead byte, must come out without a control byte. */
static void escape_text__never_lets_a_control_byte_through(void **state)
{
	(void)state;
	for (unsigned lead = 0; lead < 256; lead++) {
		for (unsigned c = 0; c < 256; c++) {
			AUTO(buf) b = BUF_INIT(4096);
			char two[2] = { (char)lead, (char)c };

			escape_text(&b, span_from(two, 2));
			for (size_t i = 0; i < b.n; i++)
				assert_true((unsigned char)b.p[i] >= 0x20 && b.p[i] != 0x7f);
			assert_false(escape_needed(buf_span(&b)));
		}
	}
}

static void utf8_columns__knows_wide_and_combining(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} widths[] = { { "", 0 }, { "abc", 3 }, { "日本", 4 }, { "é", 1 }, { "e\xcc\x81", 1 },
		{ "ｱ", 1 }, { "→", 1 }, { "\xf0\x9f\x98\x80", 2 }, { "\xff\xff", 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(widths); i++)
		assert_int_equal(utf8_columns(span_of(widths[i].text)), widths[i].columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_text__shows_every_byte_harmless),
		cmocka_unit_test(escape_value__leaves_a_backslash_that_looks_like_none_of_ours),
		cmocka_unit_test(escape_name__shows_nul_and_is_undone),
		cmocka_unit_test(escape_key__shows_blanks_at_the_ends),
		cmocka_unit_test(escape_flat__shows_nul),
		cmocka_unit_test(escape_undo__gives_the_bytes_back),
		cmocka_unit_test(escape_undo__refuses_half_an_escape),
		cmocka_unit_test(escape_text__never_lets_a_control_byte_through),
		cmocka_unit_test(utf8_columns__knows_wide_and_combining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
