#include "../check.h"
#include "core/wtf8.h"

#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}
#define UNITS_MAX 8

/* What comes from Windows and goes back there. */
static const struct {
	uint16_t units[UNITS_MAX];
	size_t n;
	struct span text;
} exact[] = {
	{ { 0 }, 0, TEXT("") },
	{ { 'a', 0x7f }, 2, TEXT("a\x7f") },
	{ { 0x80, 0x7ff, 0x800, 0xffff }, 4, TEXT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
	{ { 0x65e5, 0x672c }, 2, TEXT("日本") },
	{ { 0xd83d, 0xde00 }, 2, TEXT("\xf0\x9f\x98\x80") },
	{ { 0xdbff, 0xdfff }, 2, TEXT("\xf4\x8f\xbf\xbf") },
	{ { 'a', 0, 'b' }, 3,
		TEXT("a\xc0\x80"
		     "b") },
	{ { 0xd800 }, 1, TEXT("\xed\xa0\x80") },
	{ { 0xdfff }, 1, TEXT("\xed\xbf\xbf") },
	{ { 0xde00, 0xd83d }, 2, TEXT("\xed\xb8\x80\xed\xa0\xbd") },
	{ { 0xd83d, 0xd83d, 0xde00 }, 3, TEXT("\xed\xa0\xbd\xf0\x9f\x98\x80") },
	{ { 0xd83d, 0xde00, 0xde00 }, 3, TEXT("\xf0\x9f\x98\x80\xed\xb8\x80") },
	{ { 0xd83d, 'x', 0xde00 }, 3, TEXT("\xed\xa0\xbdx\xed\xb8\x80") },
};

static void wtf8__is_exact_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(exact); i++) {
		AUTO(buf) b = BUF_INIT(256);
		uint16_t back[64];

		wtf8_add(&b, exact[i].units, exact[i].n);
		assert_true(span_same(buf_span(&b), exact[i].text));
		assert_int_equal(wtf8_bytes(exact[i].units, exact[i].n), exact[i].text.n);
		assert_int_equal(wtf8_units(exact[i].text, back), exact[i].n);
		assert_memory_equal(back, exact[i].units, exact[i].n * sizeof *back);
		assert_true(wtf8_is(exact[i].text));
	}
}

/* Every row of three units out of the interesting ones. */
static void wtf8__never_maps_two_names_to_one(void **state)
{
	static const uint16_t some[] = { 0, 'a', 0x80, 0x800, 0xd800, 0xdbff, 0xdc00, 0xdfff,
		0xe000, 0xfffd, 0xffff };
	const size_t n = ARRAY_LEN(some);

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		const uint16_t in[3] = { some[i / n / n], some[i / n % n], some[i % n] };
		AUTO(buf) b = BUF_INIT(64);
		uint16_t back[16];

		wtf8_add(&b, in, 3);
		assert_int_equal(wtf8_units(buf_span(&b), back), 3);
		assert_memory_equal(back, in, sizeof in);
	}
}

static const struct {
	struct span text;
	uint16_t units[UNITS_MAX];
	size_t n;
} typed[] = {
	{ TEXT("a\0b"), { 'a', 0xfffd, 'b' }, 3 },
	{ TEXT("\xff"), { 0xfffd }, 1 },
	{ TEXT("\xc0\xaf"), { 0xfffd, 0xfffd }, 2 },
	{ TEXT("\xed\xa0"), { 0xfffd, 0xfffd }, 2 },
	{ TEXT("\xed\xa0\xbd\xed\xb8\x80"), { 0xd83d, 0xfffd, 0xfffd, 0xfffd }, 4 },
	{ TEXT("\xf4\x90\x80\x80"), { 0xfffd, 0xfffd, 0xfffd, 0xfffd }, 4 },
	{ TEXT("\xc0"), { 0xfffd }, 1 },
};

static void wtf8_units__replaces_what_is_no_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		uint16_t units[64];

		assert_int_equal(wtf8_units(typed[i].text, units), typed[i].n);
		assert_memory_equal(units, typed[i].units, typed[i].n * sizeof *units);
		assert_false(wtf8_is(typed[i].text));
	}
}

static void wtf8_add__fails_as_a_whole_where_it_does_not_fit(void **state)
{
	static const uint16_t units[] = { 'a', 0x65e5 };
	AUTO(buf) b = BUF_INIT(3);

	(void)state;
	wtf8_add(&b, units, 2);
	assert_true(b.full);
	assert_int_equal(b.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wtf8__is_exact_both_ways),
		cmocka_unit_test(wtf8__never_maps_two_names_to_one),
		cmocka_unit_test(wtf8_units__replaces_what_is_no_text),
		cmocka_unit_test(wtf8_add__fails_as_a_whole_where_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
