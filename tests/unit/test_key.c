
#include "../check.h"
#include "entity/file.h"
#include "entity/key.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_from_text__splits_folder_and_name),
		cmocka_unit_test(key_from_text__refuses_zero_bytes_and_long_keys),
		cmocka_unit_test(key_to_text__refuses_what_no_key_is),
		cmocka_unit_test(key_range_below__is_the_folder_and_no_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
