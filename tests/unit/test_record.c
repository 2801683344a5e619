
#include "../check.h"
#include "entity/file.h"
#include "entity/package.h"
#include "entity/record.h"

static const char map[] = "\xa2\x41\x61\x40\x41\x62\x41\x63"; /* {'a': '', 'b': 'c'} */

static void fill(struct record *r)
{
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_number(r, FILE_MODE, 0644);
	record_set_number(r, FILE_UID, 0);
	record_set_bytes(r, FILE_OWNER, span_of("root"));
	record_set_number(r, FILE_SIZE, UINT64_MAX);
	record_set_bytes(r, FILE_SHA256, span_of("0123456789abcdef0123456789abcdef"));
	record_set_number(r, FILE_CONTENT, CONTENT_HASHED);
	record_set_time(r, FILE_MTIME, -5);
	record_set_number(r, FILE_INODE, 77);
	record_set_bytes(r, FILE_XATTR, span_from(map, sizeof(map) - 1));
	record_set_bytes(r, FILE_EXECUTABLE, span_of(""));
}

static void record_encode__comes_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);
	struct record *back = record_new(a, &kind_file);
	AUTO(buf) shared = BUF_INIT(4096);
	AUTO(buf) local = BUF_INIT(4096);
	struct err e;

	(void)state;
	fill(r);
	record_encode_shared(r, &shared);
	record_encode_local(r, &local);
	assert_int_equal(record_decode(buf_span(&shared), buf_span(&local), back, &e), 0);
	assert_true(back->has == r->has);
	assert_true(record_diff(r, back) == 0);
	assert_true(back->v[FILE_MTIME].time == -5);
	assert_true(record_diff(r, record_copy(a, back)) == 0);

	assert_int_equal(record_decode(buf_span(&shared), SPAN_NONE, back, &e), 0);
	assert_false(record_has(back, FILE_MTIME));
	assert_true(record_diff(r, back) == (field_bit(FILE_MTIME) | field_bit(FILE_INODE)));
}

static void record_encode__is_a_map_in_field_order(void **state)
{
	static const char shared_wanted[] = "\xa3\x00\x00\x01\x19\x01\xa4\x18\x19\x43"
					    "elf";
	static const char local_wanted[] = "\xa1\x09\x20";
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);
	AUTO(buf) b = BUF_INIT(4096);

	(void)state;
	record_set_bytes(r, FILE_EXECUTABLE, span_of("elf"));
	record_set_number(r, FILE_MODE, 0644);
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_time(r, FILE_MTIME, -1);
	record_encode_shared(r, &b);
	assert_int_equal(b.n, sizeof(shared_wanted) - 1);
	assert_memory_equal(b.p, shared_wanted, b.n);
	buf_clear(&b);
	record_encode_local(r, &b);
	assert_int_equal(b.n, sizeof(local_wanted) - 1);
	assert_memory_equal(b.p, local_wanted, b.n);
}

static void record_decode__refuses_what_encode_does_not_write(void **state)
{
#define BYTES(text) \
	{ \
		text, sizeof(text) - 1 \
	}
	static const struct {
		struct span shared, local;
		int code;
	} rows[] = {
		{ BYTES(""), BYTES(""), 0 },
		{ BYTES("\xa0"), BYTES("\xa0"), 0 },
		{ BYTES("\xa1\x01\x01"), BYTES(""), 0 },
		{ BYTES("\xa1\x01\x01\x00"), BYTES(""), ERR_FORMAT },     /* left over */
		{ BYTES("\xa1\x09\x01"), BYTES(""), ERR_FORMAT },         /* local in shared */
		{ BYTES(""), BYTES("\xa1\x01\x01"), ERR_FORMAT },         /* shared in local */
		{ BYTES("\xa2\x02\x01\x01\x01"), BYTES(""), ERR_FORMAT }, /* order */
		{ BYTES("\xa1\x01\x41\x41"), BYTES(""), ERR_FORMAT },     /* type */
		{ BYTES("\xa1\x01\x20"), BYTES(""), ERR_FORMAT },         /* negative */
		{ BYTES("\xa1\x18\x3f\x01"), BYTES(""), ERR_VERSION },    /* new field */
		{ BYTES("\xa1\x1a\x01\x00\x00\x00\x01"), BYTES(""), ERR_VERSION },
		{ BYTES("\xa1\x00\x07"), BYTES(""), ERR_VERSION }, /* new choice */
		{ BYTES("\xa1\x17\x41\xa0"), BYTES(""), 0 },       /* empty xattr map */
		{ BYTES("\xa1\x17\x40"), BYTES(""), ERR_FORMAT },
		{ BYTES("\xa1\x17\x43\xa1\x01\x40"), BYTES(""), ERR_FORMAT },
		{ BYTES("\x80"), BYTES(""), ERR_FORMAT },
	};
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		int rc = record_decode(rows[i].shared, rows[i].local, r, &e);

		if (rc != rows[i].code)
			fail_msg("row %zu: %d, expected %d", i, rc, rows[i].code);
	}
#undef BYTES
}

static void record_changes__masks_and_derives(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *was = record_new(a, &kind_file);
	struct record *is;
	uint64_t standard = kind_fields_with(&kind_file, FIELD_STANDARD);

	(void)state;
	fill(was);
	is = record_copy(a, was);
	assert_true(record_changes(was, is, standard) == 0);

	record_set_number(is, FILE_INODE, 78);
	assert_true(record_diff(was, is) == field_bit(FILE_INODE));
	assert_true(record_changes(was, is, standard) == 0);

	is->has &= ~field_bit(FILE_MODE);
	assert_true(record_changes(was, is, standard) == field_bit(FILE_MODE));

	/* The state of the content counts by itself … */
	record_set_number(is, FILE_CONTENT, CONTENT_UNREADABLE);
	assert_true(record_changes(was, is, standard) ==
		    (field_bit(FILE_MODE) | field_bit(FILE_CONTENT)));
	/* … not for a rule that watches no digest … */
	assert_true(record_changes(was, is, field_bit(FILE_MODE)) == field_bit(FILE_MODE));
	assert_true(record_changes(was, is, field_bit(FILE_SIZE)) == 0);
	/* … and not beside the digest it follows from. */
	is->has &= ~field_bit(FILE_SHA256);
	assert_true(record_changes(was, is, field_bit(FILE_SHA256)) == field_bit(FILE_SHA256));
}

/* A new version brings a new manifest; a new manifest alone is an edit of the records. */
static void record_changes__an_effect_counts_alone(void **state)
{
	struct record was = { .kind = &kind_package }, is;
	uint64_t all = ~UINT64_C(0);

	(void)state;
	record_set_bytes(&was, PACKAGE_VERSION, span_of("1"));
	record_set_bytes(&was, PACKAGE_MANIFEST, span_of("a"));
	is = was;
	record_set_bytes(&is, PACKAGE_MANIFEST, span_of("b"));
	assert_int_equal(record_changes(&was, &is, all), field_bit(PACKAGE_MANIFEST));
	record_set_bytes(&is, PACKAGE_VERSION, span_of("2"));
	assert_int_equal(record_changes(&was, &is, all), field_bit(PACKAGE_VERSION));
	/* also for a rule that does not watch the cause */
	assert_int_equal(record_changes(&was, &is, field_bit(PACKAGE_MANIFEST)), 0);
	is = was;
	is.has &= ~field_bit(PACKAGE_MANIFEST);
	assert_int_equal(record_changes(&was, &is, all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_encode__comes_back),
		cmocka_unit_test(record_encode__is_a_map_in_field_order),
		cmocka_unit_test(record_decode__refuses_what_encode_does_not_write),
		cmocka_unit_test(record_changes__masks_and_derives),
		cmocka_unit_test(record_changes__an_effect_counts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
