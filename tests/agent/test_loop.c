/* The collector's loop: a timer's time is counted from when it is set. */
#include <unistd.h>

#include "../check.h"
#include "agent/loop/loop.h"
#include "os/clock.h"

#define MS INT64_C(1000000)
#define COARSE (10 * MS) /* a tick of the loop's clock, at least 100 of them a second */

static struct loop *loop;
static struct timer *work, *rest;
static int64_t set, fired;

static void on_rest(void *ctx)
{
	(void)ctx;
	fired = clock_monotonic();
	loop_end(loop);
}

/* It takes longer than the rest that follows. */
static void on_work(void *ctx)
{
	(void)ctx;
	usleep(120000);
	set = clock_monotonic();
	timer_start(rest, 80 * MS);
}

static void timer__counts_from_when_it_is_set(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(loop_new(&loop, &e), 0);
	work = timer_new(loop, on_work, NULL);
	rest = timer_new(loop, on_rest, NULL);
	timer_start(work, 0);
	assert_true(timer_waits(work));
	loop_run(loop);
	assert_true(fired - set >= 80 * MS - COARSE);
	assert_false(timer_waits(rest));
	timer_free(work);
	timer_free(rest);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timer__counts_from_when_it_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
