#include <stdlib.h>

#include "../check.h"
#include "core/cbor.h"

struct case_of {
	const char *bytes;
	size_t n;
	int code; /* of cbor_skip over all of it and cbor_finish */
};
#define BYTES(text) text, sizeof(text) - 1

static const struct case_of cases[] = {
	{ BYTES("\x00"), 0 },
	{ BYTES("\x17"), 0 },
	{ BYTES("\x18\x18"), 0 },
	{ BYTES("\x18\x17"), ERR_FORMAT }, /* not shortest */
	{ BYTES("\x19\x00\xff"), ERR_FORMAT },
	{ BYTES("\x19\x01\x00"), 0 },
	{ BYTES("\x1a\x00\x00\xff\xff"), ERR_FORMAT },
	{ BYTES("\x1b\x00\x00\x00\x00\xff\xff\xff\xff"), ERR_FORMAT },
	{ BYTES("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), 0 },
	{ BYTES("\x1b\x00\x00\x00\x01\x00\x00\x00"), ERR_FORMAT }, /* ends inside */
	{ BYTES("\x1c"), ERR_FORMAT },
	{ BYTES("\x1f"), ERR_FORMAT },
	{ BYTES("\x20"), 0 },
	{ BYTES("\x43\x01\x02\x03"), 0 },
	{ BYTES("\x43\x01\x02"), ERR_FORMAT },
	{ BYTES("\x5f\x41\x00\xff"), ERR_FORMAT }, /* indefinite */
	{ BYTES("\x62\xc3\xa9"), 0 },
	{ BYTES("\x62\xc3\x28"), ERR_FORMAT },
	{ BYTES("\x63\xed\xa0\x80"), ERR_FORMAT }, /* surrogate */
	{ BYTES("\x82\x01\x02"), 0 },
	{ BYTES("\x82\x01"), ERR_FORMAT },
	{ BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00"), ERR_FORMAT },
	{ BYTES("\xa2\x01\x00\x02\x00"), 0 },
	{ BYTES("\xa2\x02\x00\x01\x00"), ERR_FORMAT }, /* order */
	{ BYTES("\xa2\x01\x00\x01\x00"), ERR_FORMAT }, /* twice */
	{ BYTES("\xa2\x41\x61\x00\x61\x61\x00"), 0 },
	{ BYTES("\xa1\x01"), ERR_FORMAT },
	{ BYTES("\xc0\x00"), ERR_FORMAT }, /* tag */
	{ BYTES("\xf4"), 0 },
	{ BYTES("\xf6"), 0 },
	{ BYTES("\xf7"), ERR_FORMAT },
	{ BYTES("\xf9\x3c\x00"), ERR_FORMAT }, /* float */
	{ BYTES("\xff"), ERR_FORMAT },
	{ BYTES(""), ERR_FORMAT },
	{ BYTES("\x00\x00"), ERR_FORMAT },
	{ BYTES("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"), 0 },
	{ BYTES("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"),
		ERR_LIMIT },
};

static void cbor_skip__accepts_only_what_is_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* An own block without spare bytes, so that reading past the end is seen. */
		char *copy = malloc(cases[i].n + 1);
		char *bytes = copy + 1;
		struct cbor c;
		struct span whole;
		struct err e;
		int rc;

		memcpy(bytes, cases[i].bytes, cases[i].n);
		c = cbor_of(span_from(bytes, cases[i].n));
		rc = cbor_skip(&c, &whole, &e);
		if (rc == 0)
			rc = cbor_finish(&c, &e);
		if (rc != cases[i].code)
			fail_msg("case %zu: %d, expected %d", i, rc, cases[i].code);
		free(copy);
	}
}

static void check_number(int64_t n)
{
	AUTO(buf) b = BUF_INIT(64);
	struct cbor c;
	struct err e;
	int64_t got = 0;
	uint64_t positive = 0;

	cbor_put_int(&b, n);
	c = cbor_of(buf_span(&b));
	assert_int_equal(cbor_get_int(&c, &got, &e), 0);
	assert_true(got == n);
	assert_int_equal(cbor_finish(&c, &e), 0);
	c = cbor_of(buf_span(&b));
	assert_int_equal(cbor_get_uint(&c, &positive, &e), n < 0 ? ERR_FORMAT : 0);
}

static void cbor_put_int__comes_back(void **state)
{
	static const int64_t some[] = { 0, 1, 23, 24, 255, 256, 65535, 65536, 4294967295,
		4294967296, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		check_number(some[i]);
		check_number(-1 - some[i]);
	}
}

static void cbor_get_int__refuses_what_does_not_fit(void **state)
{
	struct cbor c = cbor_of(span_from("\x3b\x80\x00\x00\x00\x00\x00\x00\x00", 9));
	int64_t n = 5;
	struct err e;

	(void)state;
	assert_int_equal(cbor_get_int(&c, &n, &e), ERR_FORMAT);
	assert_true(n == 5);
}

static void cbor_writer__gives_the_bytes_of_the_rfc(void **state)
{
	static const char wanted[] =
		"\xa3\x00\x82\x20\x19\x01\x00\x18\x64\x61\x61\x41\x62\x83\xf5\xf4\xf6";
	AUTO(buf) b = BUF_INIT(64);
	struct cbor_map m;
	struct cbor c;
	struct span s;
	struct err e;
	uint64_t n;
	bool yes;

	(void)state;
	cbor_put_map(&b, 3);
	cbor_put_uint(&b, 0);
	cbor_put_array(&b, 2);
	cbor_put_int(&b, -1);
	cbor_put_uint(&b, 256);
	cbor_put_uint(&b, 100);
	cbor_put_text(&b, span_of("a"));
	cbor_put_bytes(&b, span_of("b"));
	cbor_put_array(&b, 3);
	cbor_put_bool(&b, true);
	cbor_put_bool(&b, false);
	cbor_put_null(&b);
	assert_int_equal(b.n, sizeof(wanted) - 1);
	assert_memory_equal(b.p, wanted, b.n);

	c = cbor_of(buf_span(&b));
	assert_int_equal(cbor_get_map(&c, &m, &e), 0);
	assert_int_equal(cbor_next_key(&c, &m, &e), 1);
	assert_int_equal(cbor_get_uint(&c, &n, &e), 0);
	assert_int_equal(cbor_skip(&c, NULL, &e), 0);
	assert_int_equal(cbor_next_key(&c, &m, &e), 1);
	assert_int_equal(cbor_get_uint(&c, &n, &e), 0);
	assert_int_equal(n, 100);
	assert_int_equal(cbor_get_text(&c, &s, &e), 0);
	assert_true(span_is(s, "a"));
	assert_int_equal(cbor_next_key(&c, &m, &e), 1);
	assert_int_equal(cbor_peek(&c, &e), CBOR_BYTES);
	assert_int_equal(cbor_get_bytes(&c, &s, &e), 0);
	assert_int_equal(cbor_get_array(&c, &n, &e), 0);
	assert_int_equal(cbor_get_bool(&c, &yes, &e), 0);
	assert_true(yes);
	assert_int_equal(cbor_get_null(&c, &e), ERR_FORMAT);
	assert_int_equal(cbor_get_bool(&c, &yes, &e), 0);
	assert_false(yes);
	assert_int_equal(cbor_get_bool(&c, &yes, &e), ERR_FORMAT);
	assert_int_equal(cbor_get_null(&c, &e), 0);
	assert_int_equal(cbor_next_key(&c, &m, &e), 0);
	assert_true(cbor_at_end(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cbor_skip__accepts_only_what_is_canonical),
		cmocka_unit_test(cbor_put_int__comes_back),
		cmocka_unit_test(cbor_get_int__refuses_what_does_not_fit),
		cmocka_unit_test(cbor_writer__gives_the_bytes_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
