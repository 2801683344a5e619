/* What waits to be looked at: each thing once, in order, bounded. */
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "agent/collector/backlog.h"
#include "entity/file.h"
#include "entity/user.h"

static struct look_again look_of(const char *key, const char *who, int64_t happened)
{
	return (struct look_again){ .kind = &kind_file,
		.key = span_of(key),
		.observed = OBSERVED_REALTIME,
		.who = who ? span_of(who) : SPAN_NONE,
		.happened = happened };
}

static void backlog_add__keeps_each_once(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	struct backlog *p = backlog_new();
	struct look_again a = look_of("/a", "first", 10), b = look_of("/b", "first", 20), *ret;
	struct look_again below = a, user = a;

	(void)state;
	below.below = true;
	user.kind = &kind_user;
	assert_true(backlog_add(p, &a) && backlog_add(p, &b));
	assert_true(backlog_add(p, &below) && backlog_add(p, &user));
	a.who = span_of("second");
	a.happened = 30;
	assert_true(backlog_add(p, &a));
	assert_int_equal(backlog_count(p), 4);
	assert_int_equal(backlog_count_of(p, &kind_user), 1);
	assert_int_equal(backlog_take(p, 100, NULL, NULL, arena, &ret), 4);
	assert_true(span_is(ret[0].key, "/a") && !ret[0].below);
	assert_true(span_is(ret[0].who, "second")); /* the last one … */
	assert_int_equal(ret[0].happened, 10);      /* … since the first act */
	assert_true(span_is(ret[1].key, "/b") && span_is(ret[1].who, "first"));
	assert_true(ret[2].below);
	assert_ptr_equal(ret[3].kind, &kind_user);
	assert_int_equal(backlog_count(p), 0);
	backlog_free(p);
}

/* Two processes touched it before it was looked at: the last is named, and says that it is not
 * alone. */
static void backlog_add__counts_the_others(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	struct backlog *p = backlog_new();
	struct who first = { .pid = 10, .uid = 0, .login_uid = WHO_NONE, .session = WHO_NONE };
	struct who second = first, got;
	AUTO(buf) one = BUF_INIT(4096);
	AUTO(buf) two = BUF_INIT(4096);
	struct look_again l = look_of("/a", NULL, 10), *ret;
	struct err e;

	(void)state;
	second.pid = 11;
	who_encode(&first, &one);
	who_encode(&second, &two);
	l.who = buf_span(&one);
	assert_true(backlog_add(p, &l) && backlog_add(p, &l));
	l.who = buf_span(&two);
	assert_true(backlog_add(p, &l));
	assert_int_equal(backlog_take(p, 100, NULL, NULL, arena, &ret), 1);
	assert_int_equal(who_decode(ret->who, arena, &got, &e), 0);
	assert_int_equal(got.pid, 11);
	assert_int_equal(got.others, 1);
	backlog_free(p);
}

/* What was heard of stays so, with its who, when a survey says the same. */
static void backlog_add__joins_what_a_survey_says(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	struct backlog *p = backlog_new();
	struct look_again heard = look_of("/a", "who", 10), found = look_of("/a", NULL, 0), *ret;

	(void)state;
	found.observed = OBSERVED_SCAN;
	assert_true(backlog_add(p, &heard) && backlog_add(p, &found));
	assert_int_equal(backlog_take(p, 100, NULL, NULL, arena, &ret), 1);
	assert_int_equal(ret->observed, OBSERVED_REALTIME);
	assert_true(span_is(ret->who, "who"));
	assert_int_equal(ret->happened, 10);
	assert_true(backlog_add(p, &found) && backlog_add(p, &heard));
	assert_int_equal(backlog_take(p, 100, NULL, NULL, arena, &ret), 1);
	assert_int_equal(ret->observed, OBSERVED_REALTIME);
	assert_true(span_is(ret->who, "who"));
	backlog_free(p);
}

/* All in a folder that waits is looked at with it, and the folder says who it was. */
static void backlog_add__leaves_out_what_a_folder_covers(void **state)
{
	static const struct {
		const char *key, *who;
		enum observed observed;
		bool covered;
	} rows[] = {
		{ "/a/new/file", "tar", OBSERVED_REALTIME, true },
		{ "/a/new/deep/down/file", "tar", OBSERVED_REALTIME, true },
		{ "/a/new/file", "another", OBSERVED_REALTIME, false },
		{ "/a/new/unknown", NULL, OBSERVED_REALTIME, false },
		{ "/a/new/seen", "tar", OBSERVED_SCAN, false },
		{ "/a/new", "tar", OBSERVED_REALTIME, false }, /* the folder itself is told apart */
		{ "/a/newer", "tar", OBSERVED_REALTIME, false },
		{ "/a/file", "tar", OBSERVED_REALTIME, false },
	};
	AUTO_FREE(arena) arena = arena_new();
	struct backlog *p = backlog_new();
	struct look_again folder = look_of("/a/new", "tar", 10), *ret;

	(void)state;
	folder.below = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct look_again l = look_of(rows[i].key, rows[i].who, 20);

		l.observed = rows[i].observed;
		assert_true(backlog_add(p, &folder) && backlog_add(p, &l));
		if (backlog_count(p) != (rows[i].covered ? 1 : 2))
			fail_msg("row %zu: %s", i, rows[i].key);
		backlog_take(p, 100, NULL, NULL, arena, &ret);
		assert_true(ret[0].below && span_is(ret[0].who, "tar"));
	}
	/* it does not wait any more: what happens now is looked at */
	assert_true(backlog_add(p, &(struct look_again){ .kind = &kind_file,
					   .key = span_of("/a/new/file"),
					   .observed = OBSERVED_REALTIME,
					   .who = span_of("tar") }));
	assert_int_equal(backlog_count(p), 1);
	backlog_free(p);
}

/* Two programs that work at once: the backlog keeps each of them once, and its room is for files.
 */
static void backlog_add__keeps_each_who_once(void **state)
{
	static char first[8192], second[8192];
	struct backlog *p = backlog_new();
	struct look_again l = look_of("", first, 10);
	char path[32];

	(void)state;
	memset(first, 'a', sizeof first - 1);
	memset(second, 'b', sizeof second - 1);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(path, sizeof path, "/%u", i);
		l.key = span_of(path);
		l.who = span_of(i % 2 ? first : second);
		assert_true(backlog_add(p, &l));
	}
	assert_false(backlog_crowded(p));
	backlog_free(p);
}

static bool is_user(void *ctx, const struct look_again *l)
{
	(void)ctx;
	return l->kind == &kind_user;
}

static void backlog_take__leaves_what_is_not_wanted(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	struct backlog *p = backlog_new();
	struct look_again *ret;
	uint64_t serial;

	(void)state;
	for (int i = 0; i < 10; i++) {
		char key[16];
		struct look_again l;

		snprintf(key, sizeof key, "/%d", i);
		l = look_of(key, NULL, i + 1);
		l.kind = i % 2 ? &kind_user : &kind_file;
		assert_true(backlog_add(p, &l));
	}
	serial = backlog_serial(p);
	assert_int_equal(backlog_take(p, 3, is_user, NULL, arena, &ret), 3);
	assert_true(span_is(ret[2].key, "/5"));
	assert_int_equal(backlog_oldest(p), 1);
	assert_true(backlog_waits(p, serial, NULL, NULL));
	assert_int_equal(backlog_take(p, 100, NULL, NULL, arena, &ret), 7);
	assert_true(span_is(ret[0].key, "/0") && span_is(ret[6].key, "/9"));
	assert_false(backlog_waits(p, serial, NULL, NULL));
	/* and it can be filled again */
	assert_true(backlog_add(p, &(struct look_again){ .kind = &kind_file }));
	assert_false(backlog_waits(p, serial, NULL, NULL));
	assert_int_equal(backlog_count(p), 1);
	backlog_free(p);
}

static void backlog_add__has_an_end(void **state)
{
	struct backlog *p = backlog_new();
	size_t n = 0;

	(void)state;
	for (; n <= BACKLOG_MAX; n++) {
		char key[256];
		struct look_again l;

		snprintf(key, sizeof key, "/some/longer/path/so/that/bytes/count/too/%zu", n);
		l = look_of(key, NULL, 1);
		if (!backlog_add(p, &l))
			break;
	}
	assert_in_range(n, 1000, BACKLOG_MAX);
	assert_true(backlog_crowded(p));
	assert_int_equal(backlog_count(p), n);
	/* what is known already has its place */
	assert_true(backlog_add(p,
		&(struct look_again){ .kind = &kind_file,
			.key = span_of("/some/longer/path/so/that/bytes/count/too/7") }));
	backlog_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backlog_add__keeps_each_once),
		cmocka_unit_test(backlog_add__counts_the_others),
		cmocka_unit_test(backlog_add__joins_what_a_survey_says),
		cmocka_unit_test(backlog_add__leaves_out_what_a_folder_covers),
		cmocka_unit_test(backlog_add__keeps_each_who_once),
		cmocka_unit_test(backlog_take__leaves_what_is_not_wanted),
		cmocka_unit_test(backlog_add__has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
