/* What two looks at the clocks say of whether the agent ran. */
#include "../check.h"
#include "core/attr.h"
#include "watch/windows/standstill.h"

#define S INT64_C(1000000000)
#define WALL (INT64_C(1795000000) * S)

static void standstill_since__tells_what_nobody_watched(void **state)
{
	static const struct {
		int64_t wall, awake; /* passed by each */
		bool lost;
	} cases[] = {
		{ S, S, false }, { 8 * S, 8 * S, false }, /* a busy machine */
		{ 7200 * S, S, false },                   /* the host slept, or the clock was set */
		{ 20 * S, 20 * S, true },                 /* suspended */
		{ 3 * S, 20 * S, true },                  /* … and the clock set back */
		{ -3600 * S, 20 * S, true },              /* … by more */
		{ 7200 * S, 30 * S, true },               /* … and the host slept */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct standstill s = { WALL, 5 * S };
		struct loss x = { 0 };
		int64_t now = WALL + cases[i].wall;

		assert_int_equal(standstill_since(&s, now, 5 * S + cases[i].awake, &x),
			cases[i].lost);
		assert_int_equal(s.now, now);
		assert_false(standstill_since(&s, now + S, 6 * S + cases[i].awake, &x));
		if (!cases[i].lost)
			continue;
		assert_int_equal(x.from, WALL);
		assert_int_equal(x.to, now > WALL ? now : WALL);
		assert_true(x.text.n > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standstill_since__tells_what_nobody_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
