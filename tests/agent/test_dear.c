/* Large files share what time there is: all of them in a look at many things, then each by itself,
 * in a tenth of the time, longer each time it was not enough. */
#include <stdlib.h>

#include "../check.h"
#include "agent/collector/state.h"
#include "change/look_memory.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"

#define SECOND INT64_C(1000000000)

static struct span large;

static struct look_again look_of(const char *path)
{
	return (struct look_again){ .kind = &kind_file, .key = span_of(path) };
}

/* Nothing is scheduled: there is no loop. */
static struct collector *collector(void)
{
	struct collector *c = mem_new(sizeof *c);

	large = span_of("/large");
	c->backlog = backlog_new();
	c->options.memory = look_memory_new();
	c->stopping = true;
	return c;
}

static void done(struct collector *c)
{
	c->options.memory->unread = NULL;
	c->options.memory->n_unread = 0;
	look_memory_free(c->options.memory);
	backlog_free(c->backlog);
	free(c);
}

/* One look at /large: its content was read, or there was no time for it. */
static size_t looked(struct collector *c, bool read, int64_t cost)
{
	struct look_again l = look_of("/large");

	c->options.memory->unread = &large;
	c->options.memory->n_unread = read ? 0 : 1;
	return dear_looked(c, &l, 1, cost);
}

static unsigned limit(struct collector *c, const char *path)
{
	struct look_again l = look_of(path);
	struct scan_options o = { 0 };

	dear_limit(c, &l, 1, &o);
	assert_true(c->dear_alone == (o.hurry != NULL)); /* only that one is broken off */
	return o.large_ms;
}

static bool take(struct collector *c)
{
	AUTO_FREE(arena) arena = arena_new();
	struct look_again *l;

	return dear_take(c, arena, &l) == 1;
}

static void dear__waits_for_a_look_of_its_own(void **state)
{
	struct collector *c = collector();
	struct look_again l = look_of("/large"), other = look_of("/other");

	(void)state;
	assert_int_equal(limit(c, "/large"), 500); /* nobody knows yet that it is large */
	assert_false(dear_is_put_off(c, &l));
	assert_int_equal(looked(c, false, SECOND), 1);
	assert_int_equal(backlog_count(c->backlog), 1);
	assert_true(dear_is_put_off(c, &l));
	assert_false(dear_is_put_off(c, &other));
	assert_int_equal(limit(c, "/large"), 1); /* among others: not again for nothing */
	assert_true(take(c));
	assert_int_equal(limit(c, "/large"), 8000);
	assert_int_equal(looked(c, true, SECOND), 0);
	assert_int_equal(backlog_count(c->backlog), 0);
	done(c);
}

static void dear__gets_more_time_and_takes_a_tenth(void **state)
{
	static const unsigned ms[] = { 8000, 16000, 32000, 64000, 64000 };
	struct collector *c = collector();

	(void)state;
	assert_int_equal(looked(c, false, SECOND), 1);
	for (size_t i = 0; i < ARRAY_LEN(ms); i++) {
		int64_t cost = (int64_t)ms[i] * (SECOND / 1000), now;

		assert_true(take(c));
		assert_int_equal(limit(c, "/large"), ms[i]);
		now = clock_monotonic();
		assert_int_equal(looked(c, false, cost), 1);
		assert_true(c->dear_next >= now + 10 * cost);
		assert_false(take(c)); /* its tenth is used up */
		c->dear_next = 0;
	}
	assert_true(take(c)); /* read at last: the next time begins anew */
	assert_int_equal(looked(c, true, SECOND), 0);
	c->dear_alone = false;
	c->dear_next = 0;
	assert_int_equal(looked(c, false, SECOND), 1);
	assert_true(take(c));
	assert_int_equal(limit(c, "/large"), 8000);
	done(c);
}

/* One that takes long is not read whenever it is written to. */
static void dear__is_not_looked_at_all_the_time(void **state)
{
	struct collector *c = collector();
	struct look_again l = look_of("/large");

	(void)state;
	assert_int_equal(looked(c, true, SECOND / 20), 0);
	assert_false(dear_is_put_off(c, &l));
	assert_int_equal(looked(c, true, 1000 * SECOND), 0);
	assert_true(dear_is_put_off(c, &l));
	dear_heard(c, &l);
	assert_true(dear_is_put_off(c, &l));
	l.below = true;
	assert_false(dear_is_put_off(c, &l));
	done(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dear__waits_for_a_look_of_its_own),
		cmocka_unit_test(dear__gets_more_time_and_takes_a_tenth),
		cmocka_unit_test(dear__is_not_looked_at_all_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
