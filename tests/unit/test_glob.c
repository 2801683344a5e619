#include "../check.h"
#include "core/buf.h"
#include "core/glob.h"

static const struct {
	const char *pattern, *path;
	bool match;
} paths[] = {
	{ "d?v/7/*.txt", "dev/7/x.txt", true },
	{ "d?v/7/*.txt", "dev/77/x.txt", false },
	{ "opt/**/*.ini", "opt/a.ini", true },
	{ "opt/**/*.ini", "opt/one/two/a.ini", true },
	{ "opt/**/*.ini", "opt/one/two/a.inix", false },
	{ "*.rules", "d/a.rules", false },
	{ "*.rules", "a.rules", true },
	{ "**/*.rules", "a.rules", true },
	{ "**/*.rules", "d/e/a.rules", true },
	{ "**", "", true },
	{ "**", "a", true },
	{ "**", "a/b/c", true },
	{ "*/lib", "x/y/lib", false },
	{ "*/lib", "x/lib", true },
	{ "w\\?.sh", "w?.sh", true },
	{ "w\\?.sh", "wa.sh", false },
	{ "a\\*", "a*", true },
	{ "a\\*", "ab", false },
	{ "so?.1", "so.1", false },
	{ "so?.1", "so7.1", true },
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", false },
	{ "*", ".hidden", true },
	{ "cache/**", "cache", true },
	{ "cache/**", "cache/a/b", true },
	{ "cache/**", "cached", false },
	{ "cache/*/**", "cache", false },
	{ "cache/*/**", "cache/a", true },
	{ "**/a/**/b", "a/x/a/y/b", true },
	{ "**/a/**/b", "a/x/a/y/b/c", false },
	{ "**/a/*/b", "a/a/x/b", true },
	{ "**/**/a", "a", true },
	{ "/etc/*", "etc/x", true },
	{ "/etc/*", "/etc/x", true },
	{ "a**b/c", "a__b/c", true },
	{ "a**b/c", "a/b/c", false },
	{ "*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "b\xffr", "b\xffr", true },
	{ "b?r", "b\xffr", true },
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct glob_section *s;
		size_t n;
		struct err e = { 0 };

		assert_int_equal(glob_compile(a, span_of(paths[i].pattern), &s, &n, &e), 0);
		if (glob_path(s, span_of(paths[i].path)) != paths[i].match)
			fail_msg("'%s' on '%s'", paths[i].pattern, paths[i].path);
	}
}

static const struct {
	const char *pattern, *text;
	bool match;
} flats[] = {
	{ "tcp*/*/8443", "tcp6/::1/8443", true },
	{ "*/123", "udp/192.0.2.1/123", true },
	{ "*/192.0.2.?/123", "udp/192.0.2.11/123", false },
	{ "nginx*", "nginx-core", true },
	{ "?", "", false },
	{ "*", "", true },
	{ "**", "a/b", true },
	{ "a\\*", "a*", true },
	{ "a\\*", "aa", false },
	{ "", "", true },
	{ "", "a", false },
};

static void test_flat(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flats); i++)
		if (glob_text(span_of(flats[i].pattern), span_of(flats[i].text)) != flats[i].match)
			fail_msg("'%s' on '%s'", flats[i].pattern, flats[i].text);
}

static const struct {
	const char *pattern;
	int code;
} bad[] = {
	{ "a//b", ERR_FORMAT },
	{ "a/", ERR_FORMAT },
	{ "//", ERR_FORMAT },
	{ "a\\", ERR_FORMAT },
	{ "a\\/b", ERR_FORMAT },
	{ "/", 0 },
	{ "a/**", 0 },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct glob_section *s;
		size_t n;
		struct err e = { 0 };

		if (glob_compile(a, span_of(bad[i].pattern), &s, &n, &e) != bad[i].code)
			fail_msg("'%s'", bad[i].pattern);
	}
}

static void test_sections_are_capped(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(4096);
	struct glob_section *s;
	size_t n;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < GLOB_SECTIONS_MAX - 1; i++)
		buf_add_text(&b, "/a");
	assert_int_equal(glob_compile(a, buf_span(&b), &s, &n, &e), 0);
	assert_int_equal(n, GLOB_SECTIONS_MAX - 1);
	buf_add_text(&b, "/a");
	assert_int_equal(glob_compile(a, buf_span(&b), &s, &n, &e), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_sections_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
