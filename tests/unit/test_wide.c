#include <windows.h>

#include "../check.h"
#include "os/windows/fault.h"
#include "os/windows/optional.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

static const struct {
	const char *text;
	const wchar_t *path;
} paths[] = {
	{ "C:\\x", L"\\\\?\\C:\\x" },
	{ "C:/x/y", L"\\\\?\\C:\\x\\y" },
	{ "c:\\", L"\\\\?\\c:\\" },
	{ "C:\\a\\.\\b\\\\c\\..\\d\\", L"\\\\?\\C:\\a\\b\\d" },
	{ "C:\\..\\..\\x", L"\\\\?\\C:\\x" },
	{ "C:\\x\\..", L"\\\\?\\C:\\" },
	{ "C:\\trailing.\\blank \\CON", L"\\\\?\\C:\\trailing.\\blank \\CON" },
	{ "C:\\...\\..x", L"\\\\?\\C:\\...\\..x" },
	{ "\\\\server\\share\\x", L"\\\\?\\UNC\\server\\share\\x" },
	{ "//server/share/../../x", L"\\\\?\\UNC\\server\\share\\x" },
	{ "\\\\?\\C:\\x.", L"\\\\?\\C:\\x." },
	{ "\\\\.\\pipe\\invar", L"\\\\.\\pipe\\invar" },
	{ "C:\\日本語\\😀", L"\\\\?\\C:\\日本語\\\xd83d\xde00" },
	{ "C:\\a\xc0\x80z", L"\\\\?\\C:\\a\xfffdz" },
};

static void wide_path__takes_any_form_to_the_literal_one(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_int_equal(wcscmp(wide_path(a, span_of(paths[i].text)), paths[i].path), 0);
}

static void wide_path__makes_relative_ones_absolute(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	assert_true(SetCurrentDirectoryW(L"C:\\windows\\system32"));
	assert_int_equal(wcsicmp(wide_path(a, span_of("a.\\..\\b.")),
				 L"\\\\?\\C:\\windows\\system32\\b."),
		0);
	assert_int_equal(wcsicmp(wide_path(a, span_of("..")), L"\\\\?\\C:\\windows"), 0);
	assert_int_equal(wcsicmp(wide_path(a, span_of("\\x")), L"\\\\?\\C:\\x"), 0);
	assert_int_equal(wcsicmp(wide_path(a, span_of("C:x")), L"\\\\?\\C:\\windows\\system32\\x"),
		0);
	assert_int_equal(wcsicmp(wide_path(a, span_of("")), L"\\\\?\\C:\\windows\\system32"), 0);
}

static void wide_span__is_exact_and_ends_in_nul(void **state)
{
	static const wchar_t odd[] = { 'a', 0, 0xd800, 0xd83d, 0xde00, 'z' };
	AUTO_FREE(arena) a = arena_new();
	struct span s = wide_to_span(a, odd, ARRAY_LEN(odd));
	size_t n;
	const wchar_t *back = wide_from_text(a, s, &n);

	(void)state;
	assert_int_equal(n, ARRAY_LEN(odd));
	assert_memory_equal(back, odd, sizeof odd);
	assert_int_equal(back[n], 0);
	assert_int_equal(s.p[s.n], 0);
	assert_int_equal(wide_to_span_z(a, NULL).n, 0);
}

static void err_windows__says_ours(void **state)
{
	static const struct {
		unsigned long code;
		int err, sys;
		const char *text;
	} cases[] = {
		{ ERROR_FILE_NOT_FOUND, ERR_MISSING, 2, "it: not found" },
		{ 0x80070005, ERR_DENIED, 5, "it: access denied" },
		{ ERROR_SHARING_VIOLATION, ERR_LOCKED, 32, "it: in use by another process" },
		{ 0x80041003, ERR_DENIED, (int)0x80041003, "it: access denied" },
		{ 4711, ERR_SYSTEM, 4711, "it: error 4711" },
		{ 0x8badf00d, ERR_SYSTEM, (int)0x8badf00d, "it: error 0x8badf00d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;

		assert_int_equal(err_windows(&e, cases[i].code, "it"), cases[i].err);
		assert_int_equal(e.sys, cases[i].sys);
		assert_string_equal(e.text, cases[i].text);
	}
}

static void optional_get__never_gives_what_ends_the_process(void **state)
{
	(void)state;
	assert_int_equal(on_wine(), wine_version()[0] != '\0');
	for (enum optional i = 0; i < OPTIONAL_N; i++)
		assert_true(!on_wine() || !optional_get(i));
}

static void sid_name__of_the_system_and_of_nobody(void **state)
{
	static const unsigned char system[] = { 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
	static const unsigned char nobody[] = { 1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 9, 9, 9 };

	(void)state;
	assert_true(span_is(sid_name(span_from(system, sizeof system)), "NT AUTHORITY\\SYSTEM"));
	for (int i = 0; i < 2; i++) /* the second time from what is kept */
		assert_int_equal(sid_name(span_from(nobody, sizeof nobody)).n, 0);
	assert_int_equal(sid_name(span_of("no sid")).n, 0);
}

static void privilege_take__says_whether_it_has_it(void **state)
{
	(void)state;
	assert_true(privilege_take(L"SeBackupPrivilege"));
	assert_false(privilege_take(L"SeNoSuchPrivilege"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_path__takes_any_form_to_the_literal_one),
		cmocka_unit_test(wide_path__makes_relative_ones_absolute),
		cmocka_unit_test(wide_span__is_exact_and_ends_in_nul),
		cmocka_unit_test(err_windows__says_ours),
		cmocka_unit_test(optional_get__never_gives_what_ends_the_process),
		cmocka_unit_test(sid_name__of_the_system_and_of_nobody),
		cmocka_unit_test(privilege_take__says_whether_it_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
