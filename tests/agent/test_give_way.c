/* Reading waits while very many files change: until a pause, never for long, and what has waited is
 * read before anything waits again. */
#include <stdio.h>

#include "../check.h"
#include "agent/collector/give_way.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/package.h"

#define MS INT64_C(1000000)

struct bench {
	struct give_way g;
	struct backlog *b;
	int64_t now;
	unsigned made;
};

static void change(struct bench *x, unsigned n)
{
	char path[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof path, "/folder/file-%u", x->made++);
		assert_true(backlog_add(x->b,
			&(struct look_again){ .kind = &kind_file, .key = span_of(path) }));
		give_way_heard(&x->g);
	}
}

static bool waits(struct bench *x, int64_t later)
{
	x->now += later;
	return give_way(&x->g, x->b, x->now, NULL, NULL);
}

static void take(struct bench *x, size_t most)
{
	AUTO_FREE(arena) arena = arena_new();
	struct look_again *looks;

	backlog_take(x->b, most, NULL, NULL, arena, &looks);
}

static void give_way__is_for_many(void **state)
{
	struct bench x = { .b = backlog_new(), .now = 5000 * MS };

	(void)state;
	change(&x, 1);
	assert_false(waits(&x, 8 * MS));
	take(&x, 10);
	change(&x, GIVE_WAY_MANY - 1);
	assert_false(waits(&x, 8 * MS));
	take(&x, 1000);
	change(&x, GIVE_WAY_MANY);
	assert_true(waits(&x, 8 * MS));
	assert_int_equal(x.g.next, x.now + GIVE_WAY_PAUSE);
	assert_true(waits(&x, 1 * MS));          /* nothing came, but it is no pause yet */
	assert_false(waits(&x, GIVE_WAY_PAUSE)); /* now it is */
	assert_false(waits(&x, 1 * MS));
	backlog_free(x.b);
}

static void give_way__ends(void **state)
{
	struct bench x = { .b = backlog_new(), .now = 5000 * MS };
	int64_t began = x.now;

	(void)state;
	change(&x, 100);
	while (waits(&x, GIVE_WAY_PAUSE))
		change(&x, 100);
	assert_true(x.now - began >= GIVE_WAY_MOST);
	assert_true(x.now - began <= GIVE_WAY_MOST + 2 * GIVE_WAY_PAUSE);
	/* all that waited is read, though more comes; then it may wait again */
	while (backlog_waits(x.b, x.g.serial, NULL, NULL)) {
		change(&x, 100);
		assert_false(waits(&x, 1 * MS));
		take(&x, 512);
	}
	change(&x, 100);
	assert_true(waits(&x, 1 * MS));
	backlog_free(x.b);
}

static void give_way__not_without_room_or_beside_a_package(void **state)
{
	struct bench x = { .b = backlog_new(), .now = 5000 * MS };

	(void)state;
	change(&x, 100);
	assert_true(waits(&x, 8 * MS));
	while (!backlog_crowded(x.b))
		change(&x, 100);
	assert_false(waits(&x, 1 * MS));
	take(&x, SIZE_MAX);
	change(&x, 100);
	assert_true(
		backlog_add(x.b, &(struct look_again){ .kind = &kind_package, .key = SPAN_NONE }));
	assert_false(waits(&x, 8 * MS));
	backlog_free(x.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(give_way__is_for_many),
		cmocka_unit_test(give_way__ends),
		cmocka_unit_test(give_way__not_without_room_or_beside_a_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
