/* Hearing of services, processes and sockets on Windows, and polls of what nothing tells of. */
#include "../check.h"
#include "../windows/victim.h"
#include "core/buf.h"
#include "entity/module.h"
#include "entity/port.h"
#include "entity/process.h"
#include "policy/policy.h"
#include "watch/windows/hearings.h"
#include "watch/windows/rooms.h"

#define PORT "47615"
#define HEAR_MS 60000
#define IDLE_MS 1500

static const char all_kinds[] = "version: 1\n"
				"rules:\n"
				"  - { id: s, kind: service, fields: [standard] }\n"
				"  - { id: p, kind: process, fields: [standard] }\n"
				"  - { id: n, kind: port, fields: [standard] }\n"
				"  - { id: m, kind: module, fields: [standard] }\n";
static const char not_at_once[] =
	"version: 1\n"
	"rules:\n"
	"  - { id: s, kind: service, fields: [standard], real_time: false }\n"
	"  - { id: u, kind: user, fields: [standard] }\n";

static const struct hearing_room *const rooms[] = { &hearing_services_each, &hearing_processes,
	&hearing_polled, NULL };

/* entity/service.h does not go with windows.h: macros there bear its names. */
extern const struct kind kind_service;

/* What the rooms of src/sensor declare, without the rooms. */
static const struct watch_source by_scm[] = { { WATCH_SCM, NULL, 0 }, { WATCH_END, NULL, 0 } };
static const struct watch_source by_exec[] = { { WATCH_EXEC, NULL, 0 }, { WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 } };
static const struct watch_source by_socket[] = { { WATCH_SOCKET, NULL, 0 },
	{ WATCH_END, NULL, 0 } };
static const struct watch_source by_poll[] = { { WATCH_POLL, NULL, 2 }, { WATCH_END, NULL, 0 } };
static const struct sensor services = { .kind = &kind_service, .watches = by_scm };
static const struct sensor processes = { .kind = &kind_process, .watches = by_exec };
static const struct sensor ports = { .kind = &kind_port, .watches = by_socket };
static const struct sensor modules = { .kind = &kind_module, .watches = by_poll };
const struct sensor *const sensors[] = { &services, &processes, &ports, &modules, NULL };

static struct hearings *hearings;
/* Another one each time: Wine keeps a deleted service in its list as long as anybody holds it. */
static char name[40], hint[80];
static struct buf heard; /* a line a notice: "hint KIND KEY", "means KIND NAME", "ready" */

static void note(const struct notice *n)
{
	struct span key = n->hint.key;

	bool polled = span_starts(n->hint.why, span_of("it was found"));

	if (n->type == NOTICE_HINT)
		buf_addf(&heard, "%s %s %.*s\n", polled ? "poll" : "hint", n->hint.kind->name,
			SPAN_ARG(key));
	else if (n->type == NOTICE_MEANS)
		buf_addf(&heard, "means %s %.*s %d\n", n->means.kind->name, SPAN_ARG(n->means.name),
			n->means.in_force);
	else if (n->type == NOTICE_READY)
		buf_add_text(&heard, "ready\n");
	else if (n->type == NOTICE_LOSS)
		buf_addf(&heard, "loss %.*s\n", SPAN_ARG(n->loss.text));
}

static void take(DWORD ms)
{
	struct arena *a = arena_new();
	struct notice n;

	if (WaitForSingleObject(hearings_heard(hearings), ms) == WAIT_OBJECT_0)
		while (hearings_take(hearings, a, &n))
			note(&n);
	arena_free(a);
}

static void forget(void)
{
	take(0);
	buf_clear(&heard);
}

static void assert_heard(const char *line)
{
	ULONGLONG end_at = GetTickCount64() + HEAR_MS;

	while (!strstr(buf_text(&heard), line))
		if (GetTickCount64() < end_at)
			take(100);
		else
			fail_msg("no '%s' in:\n%s", line, buf_text(&heard));
}

static void begin_hearing(const char *yaml)
{
	struct problems problems = { 0 };
	struct policy *p = NULL;
	struct err e = { 0 };

	heard = BUF_INIT(1 << 20);
	if (policy_load_text(&p, "test", span_of(yaml), false, &problems, &e) < 0)
		fail_msg("%s", e.text);
	problems_done(&problems);
	assert_int_equal(hearings_new(&hearings, rooms, NULL, &e), 0);
	assert_int_equal(hearings_begin(hearings, p, &e), 0);
	assert_heard("ready\n");
}

static void end_hearing(void)
{
	hearings_freep(&hearings);
	buf_done(&heard);
}

static int setup(void **state)
{
	(void)state;
	victim_find();
	snprintf(name, sizeof name, "InvarTestHeard%lu", GetCurrentProcessId());
	snprintf(hint, sizeof hint, "hint service %s\n", name);
	return 0;
}

static void test_means(void **state)
{
	(void)state;
	begin_hearing(all_kinds);
	assert_heard("means service service manager 1\n");
	assert_heard("means process process list 1 s 1\n");
	assert_heard("means port socket lists 1 s 1\n");
	assert_heard("means process poll 60 s 1\n");
	assert_heard("means module poll 2 s 1\n");
	assert_heard("poll module \n");
	end_hearing();
	begin_hearing(not_at_once);
	take(200);
	assert_null(strstr(buf_text(&heard), "means service"));
	end_hearing();
}

static void test_service(void **state)
{
	(void)state;
	begin_hearing(all_kinds);
	play("install", name, "auto", NULL);
	assert_heard(hint);
	take(1000); /* both the manager and the list tell */
	forget();
	play("start", name, NULL, NULL);
	assert_heard(hint);
	assert_heard("hint process \n");
	take(1000);
	forget();
	play("fail", name, NULL, NULL);
	assert_heard(hint);
	take(1000);
	assert_null(strstr(buf_text(&heard), "loss"));
	/* Whether Wine takes it from its list while we are subscribed to it is a matter of chance.
	 */
	play("delete", name, NULL, NULL);
	end_hearing();
}

static void test_process_and_port(void **state)
{
	struct started s;

	(void)state;
	begin_hearing(all_kinds);
	take(IDLE_MS);
	forget();
	Sleep(IDLE_MS);
	take(0);
	assert_null(strstr(buf_text(&heard), "hint process"));
	assert_null(strstr(buf_text(&heard), "hint service"));
	s = begin("listen tcp " PORT);
	assert_heard("hint process \n");
	assert_heard("hint port \n");
	take(IDLE_MS);
	forget();
	end(&s);
	assert_heard("hint process \n");
	assert_heard("hint port \n");
	end_hearing();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_process_and_port),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
