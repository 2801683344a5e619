/* What raises no event is found by its change time. */
#include <event2/event.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "agent/survey/polled.h"

static unsigned n_moved;
static struct event_base *base;

static void moved(void *ctx, struct span path)
{
	assert_true(span_is(path, ctx));
	n_moved++;
}

static void wait_for(unsigned n)
{
	for (int i = 0; i < 3000 && n_moved < n; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(20000);
	}
	assert_int_equal(n_moved, n);
}

static void polled__tells_each_move_once(void **state)
{
	char path[] = "/tmp/invar-polled-XXXXXX";
	struct polled *p;
	struct stat st;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	base = event_base_new();
	p = polled_new(base, 1, moved, path);
	polled_add(p, span_of(path), st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec);
	polled_add(p, span_of("/nonexistent/file"), 1); /* that it is gone is an event */
	assert_int_equal(polled_count(p), 2);
	for (int i = 0; i < 75; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(20000);
	}
	assert_int_equal(n_moved, 0);
	usleep(20000);
	assert_int_equal(fchmod(fd, 0600), 0); /* moves the change time, as chattr does */
	wait_for(1);
	for (int i = 0; i < 75; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(20000);
	}
	assert_int_equal(n_moved, 1);
	polled_clear(p);
	assert_int_equal(polled_count(p), 0);
	polled_free(p);
	event_base_free(base);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polled__tells_each_move_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
