
#include "../check.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/key_typed.h"
#include "entity/package.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"

#define BYTES(text) \
	{ \
		text, sizeof(text) - 1 \
	}

static const struct {
	const char *path;
	struct span stored; /* p NULL: refused */
} paths[] = {
	{ "/", BYTES("\1\0\0") },
	{ "/etc", BYTES("\1\0\0etc") },
	{ "/etc/ssh/sshd_config", BYTES("\1etc\0ssh\0\0sshd_config") },
	{ "/.../..a", BYTES("\1...\0\0..a") },
	{ "/a\xff/\n", BYTES("\1a\xff\0\0\n") },
	{ "", { NULL, 0 } },
	{ "etc", { NULL, 0 } },
	{ "/etc/", { NULL, 0 } },
	{ "//etc", { NULL, 0 } },
	{ "/a//b", { NULL, 0 } },
	{ "/.", { NULL, 0 } },
	{ "/..", { NULL, 0 } },
	{ "/a/../b", { NULL, 0 } },
	{ "/a/.", { NULL, 0 } },
};

static void key_from_text__splits_folder_and_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO(buf) key = BUF_INIT(4096);
		AUTO(buf) text = BUF_INIT(4096);
		const struct kind *k = NULL;
		struct err e;
		int rc = key_from_text(&kind_file, span_of(paths[i].path), &key, &e);

		if (!paths[i].stored.p) {
			assert_int_equal(rc, ERR_FORMAT);
			assert_int_equal(key.n, 0);
			continue;
		}
		assert_int_equal(rc, 0);
		if (!span_same(buf_span(&key), paths[i].stored))
			fail_msg("key of '%s'", paths[i].path);
		assert_int_equal(key_to_text(buf_span(&key), &k, &text, &e), 0);
		assert_ptr_equal(k, &kind_file);
		assert_string_equal(buf_text(&text), paths[i].path);
	}
}

#define KEY kind_registry_key
#define VALUE kind_registry_value

static const struct {
	const struct kind *kind;
	struct span text, stored; /* stored.p NULL: refused */
	const char *folder, *name;
} windows[] = {
	{ &kind_file, BYTES("C:\\Windows\\x"), BYTES("\1/C:\0Windows\0\0x"), "C:\\Windows", "x" },
	{ &kind_file, BYTES("C:\\x:stream"), BYTES("\1/C:\0\0x:stream"), "C:\\", "x:stream" },
	{ &kind_file, BYTES("C:\\"), BYTES("\1\0\0/C:"), "", "C:\\" },
	{ &kind_file, BYTES("\\\\server\\share\\x"), BYTES("\1//server\0share\0\0x"),
		"\\\\server\\share", "x" },
	{ &kind_file, BYTES("\\\\server"), BYTES("\1\0\0//server"), "", "\\\\server" },
	{ &kind_file, BYTES("C:"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:/x"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:\\x\\"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:\\\\x"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:\\a/b"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:\\..\\b"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("\\\\"), { NULL, 0 }, "", "" },
	{ &kind_file, BYTES("C:\\a\0b"), { NULL, 0 }, "", "" },
	{ &KEY, BYTES("HKLM\\A\\text/plain"), BYTES("\10HKLM\0A\0\0text/plain"), "HKLM\\A",
		"text/plain" },
	{ &KEY, BYTES("HKLM"), BYTES("\10\0\0HKLM"), "", "HKLM" },
	{ &KEY, BYTES("HKLM\\..\\*"), BYTES("\10HKLM\0..\0\0*"), "HKLM\\..", "*" },
	{ &KEY, BYTES("/"), BYTES("\10\0\0"), "", "" },
	{ &VALUE, BYTES("/"), BYTES("\11\0\0"), "", "" },
	{ &KEY, BYTES("HKLM\\"), { NULL, 0 }, "", "" },
	{ &KEY, BYTES("HKLM\\\\A"), { NULL, 0 }, "", "" },
	{ &KEY, BYTES(""), { NULL, 0 }, "", "" },
	{ &VALUE, BYTES("HKLM\\A\\x"), BYTES("\11HKLM\0A\0\0x"), "HKLM\\A", "x" },
	{ &VALUE, BYTES("HKLM\\A\\"), BYTES("\11HKLM\0A\0\0"), "HKLM\\A", "" },
	{ &VALUE, BYTES("HKLM\\A\\x\\\\y"), BYTES("\11HKLM\0A\0\0x\\y"), "HKLM\\A", "x\\\\y" },
	{ &VALUE, BYTES("HKLM\\A\\\\\\x"), BYTES("\11HKLM\0A\0\0\\x"), "HKLM\\A", "\\\\x" },
	{ &VALUE, BYTES("HKLM\\A\\\\"), BYTES("\11HKLM\0\0A\\"), "HKLM", "A\\\\" },
	{ &VALUE, BYTES("HKLM\\a/b\\c/d"), BYTES("\11HKLM\0a/b\0\0c/d"), "HKLM\\a/b", "c/d" },
	{ &VALUE, BYTES("HKLM\\x\xc0\x80"), BYTES("\11HKLM\0\0x\xc0\x80"), "HKLM", "x\xc0\x80" },
	{ &VALUE, BYTES("HKLM"), { NULL, 0 }, "", "" },
	{ &VALUE, BYTES("\\x"), { NULL, 0 }, "", "" },
	{ &VALUE, BYTES("HKLM\\\\\\x\\y"), { NULL, 0 }, "", "" },
	{ &VALUE, BYTES("HKLM\\x\\\\y\\z"), { NULL, 0 }, "", "" },
	{ &VALUE, BYTES("HKLM\\\\\\x\\\\\\y"), { NULL, 0 }, "", "" },
};

static void key_from_text__knows_the_forms_of_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		AUTO(buf) key = BUF_INIT(4096);
		AUTO(buf) text = BUF_INIT(4096);
		const struct kind *k = windows[i].kind, *found = NULL;
		struct err e;
		int rc = key_from_text(k, windows[i].text, &key, &e);

		if (!windows[i].stored.p) {
			if (rc != ERR_FORMAT || key.n)
				fail_msg("'%s' is taken", windows[i].text.p);
			continue;
		}
		if (rc < 0 || !span_same(buf_span(&key), windows[i].stored))
			fail_msg("key of '%s': %d", windows[i].text.p, rc);
		assert_int_equal(key_to_text(buf_span(&key), &found, &text, &e), 0);
		assert_ptr_equal(found, k);
		assert_string_equal(buf_text(&text), windows[i].text.p);
		if (!span_is(key_folder(k, windows[i].text), windows[i].folder) ||
			!span_is(key_name(k, windows[i].text), windows[i].name))
			fail_msg("parts of '%s'", windows[i].text.p);
	}
}

/* Every name of up to seven of these characters, below keys of one and two sections. */
static void key_of_value__is_one_to_one(void **state)
{
	static const char letters[] = "\\a/";
	static const char *const above[] = { "HKLM\0", "HKLM\0K\0" };

	(void)state;
	for (unsigned i = 0; i < 3 * 3 * 3 * 3 * 3 * 3 * 3 * 2; i++) {
		AUTO(buf) stored = BUF_INIT(4096);
		AUTO(buf) text = BUF_INIT(4096);
		AUTO(buf) again = BUF_INIT(4096);
		const struct kind *k;
		struct err e;
		unsigned code = i / 2;

		buf_add_char(&stored, '\11');
		buf_add(&stored, above[i % 2], i % 2 ? 7 : 5);
		buf_add_char(&stored, '\0');
		for (unsigned n = i % 8; n; n--, code /= 3)
			buf_add_char(&stored, letters[code % 3]);
		assert_int_equal(key_to_text(buf_span(&stored), &k, &text, &e), 0);
		assert_int_equal(key_from_text(k, buf_span(&text), &again, &e), 0);
		if (!span_same(buf_span(&stored), buf_span(&again)))
			fail_msg("'%s' is the text of two keys", buf_text(&text));
	}
}

static void key_is_below__ignores_case_on_windows_only(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *text, *folder;
		bool is;
	} rows[] = {
		{ &kind_file, "/etc/x", "/etc", true },
		{ &kind_file, "/etc/x", "/ETC", false },
		{ &kind_file, "/etcx", "/etc", false },
		{ &kind_file, "/etc", "/etc", false },
		{ &kind_file, "/etc", "/", true },
		{ &kind_file, "/", "/", false },
		{ &kind_file, "C:\\x", "/", true },
		{ &kind_file, "C:\\Windows\\x", "c:\\WINDOWS", true },
		{ &kind_file, "C:\\Windows", "c:\\", true },
		{ &kind_file, "C:\\Windowsx", "C:\\Windows", false },
		{ &kind_file, "C:\\\xc3\xa9\\x", "C:\\\xc3\x89", true },
		{ &KEY, "HKLM\\A\\B", "hklm\\a", true },
		{ &KEY, "HKLM\\A/B", "HKLM\\A", false },
		{ &VALUE, "HKLM\\A\\x", "HKLM\\a", true },
		{ &VALUE, "HKLM\\A\\", "HKLM\\a", true },
		{ &VALUE, "HKLM\\A\\x\\\\y", "HKLM\\A\\x", false },
		{ &VALUE, "HKLM\\A\\\\\\y", "HKLM\\A", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (key_is_below(rows[i].kind, span_of(rows[i].text), span_of(rows[i].folder)) !=
			rows[i].is)
			fail_msg("'%s' below '%s'", rows[i].text, rows[i].folder);
}

static void key_pattern__matches_whole_keys(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *pattern, *text;
		bool is;
	} rows[] = {
		{ &kind_file, "C:/Users/*/x", "C:\\users\\me\\X", true },
		{ &kind_file, "c:\\users\\**", "C:\\Users\\me\\x", true },
		{ &kind_file, "C:\\*", "C:\\a\\b", false },
		{ &kind_file, "D:\\**", "C:\\a", false },
		{ &kind_file, "C:\\**", "/C:/a", false },
		{ &kind_file, "\\\\server\\*\\x", "\\\\SERVER\\share\\x", true },
		{ &kind_file, "/etc/*", "/etc/x", true },
		{ &KEY, "HKLM\\**\\[*]", "HKLM\\A\\B\\*", true },
		{ &KEY, "HKLM\\[*]", "HKLM\\A", false },
		{ &KEY, "HKLM\\ControlSet[0-9][0-9][0-9]", "HKLM\\controlset001", true },
		{ &KEY, "HKLM\\?", "HKLM\\\xc3\xa9", true },
		{ &VALUE, "HKLM\\A\\*", "HKLM\\A\\x\\\\y", true },
		{ &VALUE, "HKLM\\A\\x\\\\*", "HKLM\\A\\X\\\\y", true },
		{ &VALUE, "HKLM\\A\\", "HKLM\\A\\", true },
		{ &VALUE, "HKLM\\A\\", "HKLM\\A\\x", false },
		{ &VALUE, "HKLM\\**", "HKLM\\A\\B\\x", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct glob_section *s;
		size_t n;
		struct err e;

		assert_int_equal(key_pattern(rows[i].kind, span_of(rows[i].pattern), a, &s, &n, &e),
			0);
		if (key_matches(rows[i].kind, s, span_of(rows[i].text)) != rows[i].is)
			fail_msg("'%s' against '%s'", rows[i].pattern, rows[i].text);
	}
}

static void key_range_below__finds_keys_of_windows(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *folder, *key;
		bool in;
	} rows[] = {
		{ &kind_file, "C:\\", "C:\\x", true },
		{ &kind_file, "C:\\", "C:\\a\\b", true },
		{ &kind_file, "C:\\", "C:\\", false },
		{ &kind_file, "C:\\", "D:\\x", false },
		{ &kind_file, "/", "C:\\", true },
		{ &kind_file, "C:\\a", "C:\\a b", false },
		{ &KEY, "HKLM\\A", "HKLM\\A\\B\\C", true },
		{ &KEY, "HKLM\\A", "HKLM\\A", false },
		{ &VALUE, "HKLM\\A", "HKLM\\A\\", true },
		{ &VALUE, "HKLM\\A", "HKLM\\A\\B\\x", true },
		{ &VALUE, "HKLM\\A", "HKLM\\AB\\x", false },
		{ &VALUE, "HKLM\\\\", "HKLM\\A\\x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) low = BUF_INIT(4096);
		AUTO(buf) high = BUF_INIT(4096);
		AUTO(buf) key = BUF_INIT(4096);
		struct err e;
		bool in;

		key_range_below(rows[i].kind, span_of(rows[i].folder), &low, &high);
		assert_int_equal(key_from_text(rows[i].kind, span_of(rows[i].key), &key, &e), 0);
		in = span_compare(buf_span(&key), buf_span(&low)) >= 0 &&
		     span_compare(buf_span(&key), buf_span(&high)) < 0;
		if (in != rows[i].in)
			fail_msg("'%s' below '%s'", rows[i].key, rows[i].folder);
	}
}

static void key_from_text__refuses_zero_bytes_and_long_keys(void **state)
{
	AUTO(buf) key = BUF_INIT(4);
	struct err e;

	(void)state;
	assert_int_equal(key_from_text(&kind_file, span_from("/a\0b", 4), &key, &e), ERR_FORMAT);
	assert_int_equal(key_from_text(&kind_file, span_of("/a/b/c"), &key, &e), ERR_LIMIT);
}

static void key_to_text__refuses_what_no_key_is(void **state)
{
	static const struct span bad[] = {
		BYTES(""),
		BYTES("\xfe\0\0etc"),
		BYTES("\1etc"),
		BYTES("\1etc\0ssh"),
		BYTES("\1etc\0\0"),
		BYTES("\1\0etc\0\0x"),
		BYTES("\1etc\0\0\0x"),
		BYTES("\1etc\0\0x\0y"),
		BYTES("\1e/tc\0\0x"),
		BYTES("\1etc\0\0x/y"),
		BYTES("\1..\0\0x"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf) text = BUF_INIT(4096);
		const struct kind *k = NULL;
		struct err e;

		if (key_to_text(bad[i], &k, &text, &e) != ERR_FORMAT)
			fail_msg("bad key %zu was taken", i);
		assert_null(k);
		assert_int_equal(text.n, 0);
	}
}

static void range_holds(const char *folder, const char *path, bool wanted)
{
	AUTO(buf) low = BUF_INIT(4096);
	AUTO(buf) high = BUF_INIT(4096);
	AUTO(buf) key = BUF_INIT(4096);
	struct err e;
	bool in;

	key_range_below(&kind_file, span_of(folder), &low, &high);
	assert_int_equal(key_from_text(&kind_file, span_of(path), &key, &e), 0);
	in = span_compare(buf_span(&key), buf_span(&low)) >= 0 &&
	     span_compare(buf_span(&key), buf_span(&high)) < 0;
	if (in != wanted)
		fail_msg("'%s' below '%s': %d", path, folder, in);
}

static void key_range_below__is_the_folder_and_no_neighbour(void **state)
{
	static const struct {
		const char *folder, *path;
		bool in;
	} rows[] = {
		{ "/etc", "/etc", false },
		{ "/etc", "/etc/a", true },
		{ "/etc", "/etc/\1", true },
		{ "/etc", "/etc/\xff/\xff", true },
		{ "/etc", "/etc/a/b/c", true },
		{ "/etc", "/etc\1", false },
		{ "/etc", "/etc\1/a", false },
		{ "/etc", "/etc-a/b", false },
		{ "/etc", "/etcetera", false },
		{ "/etc", "/et", false },
		{ "/etc", "/", false },
		{ "/etc/ssh", "/etc/ssh/a", true },
		{ "/etc/ssh", "/etc/ssh", false },
		{ "/etc/ssh", "/etc/a", false },
		{ "/", "/", false },
		{ "/", "/\1", true },
		{ "/", "/\1/\1", true },
		{ "/", "/\xff/\xff", true },
		{ "", "/", true },
		{ "", "/etc", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		range_holds(rows[i].folder, rows[i].path, rows[i].in);
}

/* What is shown comes back when it is typed. */
static void key_show__is_typed_again(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *key, *shown;
	} rows[] = {
		{ &kind_cron, "\\Microsoft\\Windows\\x64", "\\Microsoft\\Windows\\x64" },
		{ &kind_cron, "\\x64\\a", "\\x5cx64\\x5ca" },
		{ &kind_cron, "\\a\xc0\x80z\\", "\\a\\x00z\\" },
		{ &kind_cron, "\\\x1b\\a", "\\x5c\\x1b\\x5ca" },
		{ &kind_cron, "\x1b\\a\x86", "\\x1b\\x5ca\\x86" },
		{ &kind_cron, "\\", "\\x5c" },
		{ &kind_package, "msi:\xc0\x80\x1b", "msi:\\x00\\x1b" },
		{ &kind_file, "/a\xc0\x80", "/a\\xc0\\x80" },
	};
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) shown = BUF_INIT(4096);
		struct span back = span_of(rows[i].shown);

		key_show(rows[i].kind, span_of(rows[i].key), &shown);
		assert_string_equal(buf_text(&shown), rows[i].shown);
		(void)key_shown(span_of(rows[i].shown), a, &back);
		assert_true(span_is(back, rows[i].key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_from_text__knows_the_forms_of_windows),
		cmocka_unit_test(key_of_value__is_one_to_one),
		cmocka_unit_test(key_is_below__ignores_case_on_windows_only),
		cmocka_unit_test(key_pattern__matches_whole_keys),
		cmocka_unit_test(key_range_below__finds_keys_of_windows),
		cmocka_unit_test(key_from_text__splits_folder_and_name),
		cmocka_unit_test(key_from_text__refuses_zero_bytes_and_long_keys),
		cmocka_unit_test(key_to_text__refuses_what_no_key_is),
		cmocka_unit_test(key_range_below__is_the_folder_and_no_neighbour),
		cmocka_unit_test(key_show__is_typed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
