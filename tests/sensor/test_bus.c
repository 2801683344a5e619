/* D-Bus without a bus: what is silent, broken or not there costs an error, never a hang. With a
 * systemd (as root in a booted container) its manager is asked as well. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../check.h"
#include "host/bus.h"
#include "os/clock.h"

static char folder[64];
static char path[96];
static int listener;

static int setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	snprintf(folder, sizeof folder, "/var/tmp/invar-bus-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 5), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(listener);
	unlink(path);
	rmdir(folder);
	return 0;
}

static bool have_library(void)
{
	AUTO_FREE(bus) b = NULL;
	struct err e;

	return bus_open(&b, path, false, &e) == 0;
}

static void an_offline_tree_has_no_bus(void **state)
{
	const struct host_options o = { .root = folder };
	AUTO_FREE(host) h = NULL;
	struct bus *b;
	struct err e;

	(void)state;
	assert_int_equal(host_open(&h, &o, &e), 0);
	assert_int_equal(host_bus(h, BUS_SYSTEMD, &b, &e), ERR_MISSING);
	assert_int_equal(host_bus(h, BUS_SYSTEM, &b, &e), ERR_MISSING);
}

static void a_socket_that_is_not_there_is_missing(void **state)
{
	AUTO_FREE(bus) b = NULL;
	struct err e;

	(void)state;
	assert_int_equal(bus_open(&b, "/var/tmp/invar-bus-none", true, &e), ERR_MISSING);
}

/* The kernel accepts the connection; nobody ever says a word. */
static void a_silent_bus_is_an_error_after_its_deadline(void **state)
{
	struct bus_call call = { .path = "/", .interface = "a.b", .member = "C" };
	AUTO_FREE(bus) b = NULL;
	int64_t from = clock_monotonic();
	struct err e;

	(void)state;
	if (!have_library())
		skip();
	assert_int_equal(bus_open(&b, path, false, &e), 0);
	assert_int_equal(bus_call(b, &call, &e), ERR_SYSTEM);
	assert_null(call.reply);
	assert_in_range(clock_monotonic() - from, 1500000000, 60000000000);
	from = clock_monotonic();
	assert_int_equal(bus_calls(b, &call, 1, &e), ERR_SYSTEM); /* not waited for twice */
	assert_in_range(clock_monotonic() - from, 0, 1400000000);
}

static void the_manager_tells_its_units(void **state)
{
	struct bus_call call = { .name = "org.freedesktop.systemd1",
		.path = "/org/freedesktop/systemd1",
		.interface = "org.freedesktop.systemd1.Manager",
		.member = "ListUnits" };
	struct bus_call none = call;
	AUTO_FREE(host) h = NULL;
	struct span name;
	struct bus *b;
	struct err e;
	bool journald = false;

	(void)state;
	assert_int_equal(host_open(&h, &(struct host_options){ 0 }, &e), 0);
	if (host_bus(h, BUS_SYSTEMD, &b, &e) < 0) {
		host_freep(&h); /* skip() does not come back */
		skip();
	}
	assert_int_equal(bus_call(b, &call, &e), 0);
	assert_true(bus_enter(call.reply, 'a', "(ssssssouso)"));
	while (bus_enter(call.reply, 'r', "ssssssouso")) {
		assert_true(bus_text(call.reply, &name));
		journald |= span_is(name, "systemd-journald.service");
		assert_true(bus_skip(call.reply, "sssssouso"));
		assert_true(bus_leave(call.reply));
	}
	assert_true(journald);
	bus_reply_free(call.reply);
	none.member = "NoSuchMethod";
	assert_int_equal(bus_call(b, &none, &e), ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offline_tree_has_no_bus),
		cmocka_unit_test(a_socket_that_is_not_there_is_missing),
		cmocka_unit_test(a_silent_bus_is_an_error_after_its_deadline),
		cmocka_unit_test(the_manager_tells_its_units),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
