/* How often a place that changes all the time is told. */
#include "../check.h"
#include "watch/windows/pace.h"

#define BEGIN 1000000
#define STEP 100

/* A change every STEP until `until`; the longest time one of them waited. */
static uint64_t be_busy(struct pace *p, uint64_t *now, uint64_t until, unsigned *ret_told)
{
	uint64_t since = 0, longest = 0;

	for (*ret_told = 0; *now < until; *now += STEP) {
		if (pace_take(p, *now)) {
			++*ret_told;
			longest = *now - since > longest ? *now - since : longest;
		}
		if (pace_note(p, *now))
			since = *now;
	}
	return longest;
}

static void pace__tells_what_is_busy_more_rarely_but_soon(void **state)
{
	struct pace p = { 0 };
	uint64_t now = BEGIN, longest;
	unsigned told;

	(void)state;
	longest = be_busy(&p, &now, BEGIN + 600000, &told);
	assert_in_range(longest, 2000, 10000);
	assert_in_range(told, 60, 100);
	assert_true(pace_is_slowest(&p, now));
}

static void pace__tells_at_once_what_was_quiet(void **state)
{
	struct pace p = { 0 };
	uint64_t now = BEGIN;
	unsigned told;

	(void)state;
	assert_false(pace_is_slowest(&p, now));
	assert_true(pace_note(&p, now));
	assert_false(pace_note(&p, now));
	assert_false(pace_take(&p, now + PACE_COLLECT_MS - 1));
	assert_true(pace_take(&p, now + PACE_COLLECT_MS));
	assert_false(pace_take(&p, now + PACE_COLLECT_MS));
	be_busy(&p, &now, BEGIN + 100000, &told);
	now += 60000;
	(void)pace_take(&p, now);
	now += 60000;
	assert_false(pace_is_slowest(&p, now));
	assert_true(pace_note(&p, now));
	assert_true(pace_take(&p, now + PACE_COLLECT_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pace__tells_what_is_busy_more_rarely_but_soon),
		cmocka_unit_test(pace__tells_at_once_what_was_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
