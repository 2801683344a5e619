#include "../check.h"
#include "core/attr.h"
#include "core/cbor.h"
#include "sensor/file/file_xattr.h"

#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}
#define XATTR(name, value) \
	{ \
		TEXT(name), TEXT(value) \
	}

static void shorter_names_come_first(void **state)
{
	struct file_xattr x[] = { XATTR("user.b", "\0\1"), XATTR("security.selinux", "label"),
		XATTR("user.a", ""), XATTR("user.\xff", "f"),
		XATTR("user.a-name-of-more-than-23", "v") };
	static const char want[] = "\xa5"
				   "\x46user.a\x40"
				   "\x46user.b\x42\0\1"
				   "\x46user.\xff\x41"
				   "f"
				   "\x50security.selinux\x45label"
				   "\x58\x1buser.a-name-of-more-than-23\x41v";
	AUTO(buf) map = BUF_INIT(BUF_MAX_DEFAULT);

	(void)state;
	file_xattr_map(x, ARRAY_LEN(x), &map);
	assert_int_equal(map.n, sizeof want - 1);
	assert_memory_equal(map.p, want, map.n);
}

static void a_name_listed_twice_is_kept_once(void **state)
{
	struct file_xattr x[] = { XATTR("user.a", "2"), XATTR("user.b", ""), XATTR("user.a", "1") };
	static const char want[] = "\xa2\x46user.a\x41"
				   "1\x46user.b\x40";
	AUTO(buf) map = BUF_INIT(BUF_MAX_DEFAULT);

	(void)state;
	file_xattr_map(x, ARRAY_LEN(x), &map);
	assert_int_equal(map.n, sizeof want - 1);
	assert_memory_equal(map.p, want, map.n);
}

static void no_attributes_are_an_empty_map(void **state)
{
	AUTO(buf) map = BUF_INIT(BUF_MAX_DEFAULT);

	(void)state;
	file_xattr_map(NULL, 0, &map);
	assert_int_equal(map.n, 1);
	assert_memory_equal(map.p, "\xa0", 1);
}

/* The strict reader takes whatever the names are. */
static void any_names_make_a_canonical_map(void **state)
{
	struct file_xattr x[200];
	char names[200][256];
	uint32_t r = 3;

	(void)state;
	for (int round = 0; round < 100; round++) {
		AUTO(buf) map = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };
		struct cbor c;

		for (size_t i = 0; i < ARRAY_LEN(x); i++) {
			r = r * 1664525u + 1013904223u;
			memset(names[i], (int)(r >> 8 & 3), sizeof names[i]);
			names[i][(r >> 12) % 7] = (char)(r >> 16);
			x[i].name = span_from(names[i], (r >> 20) % (i % 2 ? 6 : 256));
			x[i].value = span_from(names[i], i);
		}
		file_xattr_map(x, ARRAY_LEN(x), &map);
		c = cbor_of(buf_span(&map));
		assert_int_equal(cbor_skip(&c, NULL, &e), 0);
		assert_int_equal(cbor_finish(&c, &e), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shorter_names_come_first),
		cmocka_unit_test(a_name_listed_twice_is_kept_once),
		cmocka_unit_test(no_attributes_are_an_empty_map),
		cmocka_unit_test(any_names_make_a_canonical_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
