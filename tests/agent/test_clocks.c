/* What two looks at the clocks say of the time between. */
#include <event2/event.h>

#include "../check.h"
#include "agent/health/clocks.h"
#include "core/attr.h"

#define S INT64_C(1000000000)
#define WALL (INT64_C(1795000000) * S)

static void clocks_compare__says_who_jumped(void **state)
{
	static const struct {
		const char *what;
		int64_t wall, boot, runs; /* passed by each */
		const char *step, *sleep;
	} cases[] = {
		{ "nothing", 10 * S, 10 * S, 10 * S, "", "" },
		{ "kept right", 10 * S + S / 2, 10 * S, 10 * S, "", "" },
		{ "forward", 3610 * S, 10 * S, 10 * S,
			"the clock was set forward by 1 h 0 min 0 s, from 2026-11-18 11:06:50 to "
			"2026-11-18 12:06:50",
			"" },
		{ "back", -90 * S, 10 * S, 10 * S,
			"the clock was set back by 1 min 40 s, from 2026-11-18 11:06:50 to "
			"2026-11-18 11:05:10",
			"" },
		{ "by years", 10 * S - 86400 * 400 * S, 10 * S, 10 * S,
			"the clock was set back by 400 d 0 h 0 min 0 s, from 2026-11-18 11:06:50 "
			"to "
			"2025-10-14 11:06:50",
			"" },
		{ "asleep", 7200 * S, 7200 * S, 10 * S, "", "the host slept for 1 h 59 min 50 s" },
		{ "asleep, and the clock of the board is wrong", 7100 * S, 7200 * S, 10 * S,
			"the clock was set back by 1 min 40 s, from 2026-11-18 13:06:40 to "
			"2026-11-18 13:05:00",
			"the host slept for 1 h 59 min 50 s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) step = BUF_INIT(512);
		AUTO(buf) sleep = BUF_INIT(512);
		struct clocks was = { WALL, 5 * S, 5 * S };
		struct clocks now = { WALL + cases[i].wall, 5 * S + cases[i].boot,
			5 * S + cases[i].runs };

		clocks_compare(&was, &now, &step, &sleep);
		assert_string_equal(buf_text(&step), cases[i].step);
		assert_string_equal(buf_text(&sleep), cases[i].sleep);
	}
}

static void none(void *ctx, const char *what, const char *text)
{
	(void)what, (void)text;
	++*(unsigned *)ctx;
}

/* The kernel takes the timer, and it does not fire by itself. */
static void clock_watch__is_silent_while_nobody_sets_it(void **state)
{
	struct event_base *base = event_base_new();
	struct timeval moment = { 0, 20000 };
	struct clock_watch *w;
	unsigned notes = 0;
	struct err e;

	(void)state;
	assert_int_equal(clock_watch_new(&w, base, none, &notes, &e), 0);
	event_base_loopexit(base, &moment);
	event_base_dispatch(base);
	assert_int_equal(notes, 0);
	clock_watch_free(w);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_compare__says_who_jumped),
		cmocka_unit_test(clock_watch__is_silent_while_nobody_sets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
