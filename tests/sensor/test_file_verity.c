#include <linux/fsverity.h>

#include "../check.h"
#include "core/attr.h"
#include "sensor/file/file_verity.h"

static const struct {
	uint16_t algorithm, size;
	size_t have;
	const char *text; /* NULL: refused */
} cases[] = {
	{ FS_VERITY_HASH_ALG_SHA256, 32, 64,
		"sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
	{ FS_VERITY_HASH_ALG_SHA256, 32, 32,
		"sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
	{ FS_VERITY_HASH_ALG_SHA512, 64, 64,
		"sha512:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f" },
	{ FS_VERITY_HASH_ALG_SHA256, 32, 31, NULL },
	{ FS_VERITY_HASH_ALG_SHA256, 31, 64, NULL },
	{ FS_VERITY_HASH_ALG_SHA256, 64, 64, NULL },
	{ FS_VERITY_HASH_ALG_SHA512, 32, 64, NULL },
	{ 0, 0, 64, NULL },
	{ 3, 32, 64, NULL },
	{ 65535, 65535, 64, NULL },
};

static void text_is_algorithm_and_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };
		unsigned char raw[FILE_VERITY_BYTES];
		struct fsverity_digest head = { cases[i].algorithm, cases[i].size };
		int rc;

		memcpy(raw, &head, sizeof head);
		for (unsigned b = 0; b < 64; b++)
			raw[sizeof head + b] = (unsigned char)b;
		rc = file_verity_text(span_from(raw, sizeof head + cases[i].have), &text, &e);
		assert_int_equal(rc, cases[i].text ? 0 : ERR_FORMAT);
		assert_string_equal(buf_text(&text), cases[i].text ? cases[i].text : "");
	}
}

static void fewer_bytes_than_a_header_are_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < 4; n++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };

		assert_int_equal(file_verity_text(span_from("\1\0\40\0", n), &text, &e),
			ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_algorithm_and_digest),
		cmocka_unit_test(fewer_bytes_than_a_header_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
