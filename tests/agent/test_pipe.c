/* Frames through pipes of Windows, the order of a survey, and who may have the lock. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "../check.h"
#include "agent/control/windows/pipe.h"
#include "agent/loop/windows/loop_hear.h"
#include "agent/service/windows/lock.h"
#include "agent/survey/windows/child.h"
#include "core/mem.h"
#include "os/windows/own_pipe.h"

#define FRAME_MAX ((size_t)1 << 20)
#define NAME L"\\\\.\\pipe\\invar-test"

static void open_pair(struct pipe **a, struct pipe **b)
{
	HANDLE server = CreateNamedPipeW(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
		PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 2, 4096, 4096, 0, NULL);
	HANDLE client = CreateFileW(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		FILE_FLAG_OVERLAPPED, NULL);

	assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
	assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
	*a = pipe_new(server, FRAME_MAX, FRAME_MAX);
	*b = pipe_new(client, FRAME_MAX, FRAME_MAX);
}

static struct span pattern(char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 251);
	return span_from(bytes, n);
}

/* Longer than any buffer on the way: both sides take turns. */
static void frames_of_any_length(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 4096, 65536, 65537, FRAME_MAX };
	char *bytes = mem_new(FRAME_MAX);
	struct pipe *a, *b;
	struct span got = SPAN_NONE;
	struct err e;

	(void)state;
	open_pair(&a, &b);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct span sent = pattern(bytes, sizes[i]);
		int rc = 0;

		assert_true(pipe_put(a, sent));
		while (rc == 0) {
			assert_true(pipe_flush(a, &e) >= 0);
			rc = pipe_next(b, &got, &e);
			if (rc == 0 && pipe_fill(b, &e) == 0)
				Sleep(1);
		}
		assert_int_equal(rc, 1);
		assert_true(span_same(got, sent));
	}
	assert_false(pipe_put(a, span_from(bytes, FRAME_MAX + 1)));
	pipe_free(a);
	assert_int_equal(pipe_wait(b, &got, 1000, &e), ERR_CLOSED);
	pipe_free(b);
	free(bytes);
}

static void nothing_comes(void **state)
{
	struct pipe *a, *b;
	struct span got;
	struct err e;

	(void)state;
	open_pair(&a, &b);
	assert_int_equal(pipe_wait(b, &got, 50, &e), ERR_TIMEOUT);
	assert_true(pipe_put(a, span_of("late")));
	assert_int_equal(pipe_flush_all(a, 1000, &e), 0);
	assert_int_equal(pipe_wait(b, &got, 1000, &e), 0);
	assert_true(span_is(got, "late"));
	pipe_free(b);
	pipe_free(a);
}

/* A length that nobody would send. */
static void too_long_is_refused(void **state)
{
	uint32_t n = FRAME_MAX + 1;
	OVERLAPPED o = { 0 };
	struct pipe *a, *b;
	struct span got;
	struct err e;

	(void)state;
	open_pair(&a, &b);
	(void)WriteFile(pipe_handle(a), &n, sizeof n, NULL, &o);
	assert_int_equal(pipe_wait(b, &got, 1000, &e), ERR_FORMAT);
	pipe_free(a);
	pipe_free(b);
}

/* Whoever knows one name, or holds it, does not keep us from the next pipe. */
static void names_nobody_can_tell(void **state)
{
	AUTO(buf) first = BUF_INIT(256);
	AUTO(buf) second = BUF_INIT(256);
	struct err e;

	(void)state;
	assert_int_equal(own_pipe_name(&first, &e), 0);
	assert_int_equal(own_pipe_name(&second, &e), 0);
	assert_true(span_starts(buf_span(&first), span_of("\\\\.\\pipe\\invar-")));
	assert_int_equal(first.n, second.n);
	assert_string_not_equal(buf_text(&first), buf_text(&second));
}

static void ends_of_a_pair(void **state)
{
	HANDLE ours = NULL, theirs = NULL;
	DWORD flags = 0, n = 0;
	char got[4] = "";
	struct err e;

	(void)state;
	assert_int_equal(own_pipe_pair(false, 4096, &ours, &theirs, &e), 0);
	assert_true(GetHandleInformation(theirs, &flags));
	assert_int_equal(flags & HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	assert_true(GetHandleInformation(ours, &flags));
	assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
	assert_true(WriteFile(theirs, "abc", 3, &n, NULL));
	assert_true(PeekNamedPipe(ours, got, 3, &n, NULL, NULL));
	assert_string_equal(got, "abc");
	CloseHandle(theirs);
	CloseHandle(ours);
}

static void orders_come_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(problems) problems = { 0 };
	AUTO(buf) bytes = BUF_INIT(FRAME_MAX);
	struct survey_order got;
	struct survey_setup setup = { .state_dir = "C:\\state", .pressure = 40 };
	struct survey_plan plan = { .name = "repair",
		.observed = OBSERVED_RECOVERED,
		.trust_stamps = true,
		.below = "C:\\x",
		.kinds = 6,
		.reread = 7,
		.reread_after = { "k\0y", 3 } };
	struct policy *p;
	struct err e;

	(void)state;
	assert_int_equal(policy_load_text(&p, "test", span_of("version: 1\nrules: []\n"), false,
				 &problems, &e),
		0);
	setup.policy = p;
	setup.options.limit_cpu = 50;
	setup.options.io_class = 2;
	survey_order_encode(&setup, &plan, &bytes);
	assert_int_equal(survey_order_decode(buf_span(&bytes), a, &got, &e), 0);
	assert_string_equal(got.setup.state_dir, "C:\\state");
	assert_string_equal(got.plan.below, "C:\\x");
	assert_int_equal(got.plan.kinds, 6);
	assert_int_equal(got.plan.observed, OBSERVED_RECOVERED);
	assert_true(span_same(got.plan.reread_after, plan.reread_after));
	assert_int_equal(got.setup.options.limit_cpu, 50);
	for (size_t n = 0; n < bytes.n; n++) /* cut off anywhere it is none */
		assert_true(survey_order_decode(span_from(bytes.p, n), a, &got, &e) < 0);
	policy_free(p);
}

static void one_has_the_lock(void **state)
{
	AUTO(buf) name = BUF_INIT(256);
	HANDLE first, second;
	struct err e;
	DWORD pid = 0;

	(void)state;
	assert_int_equal(lock_take(&first, "lock-test", "the-pipe", &e), 0);
	assert_int_equal(lock_take(&second, "lock-test", NULL, &e), ERR_LOCKED);
	assert_int_equal(lock_holder("lock-test", &pid, &name, &e), 0);
	assert_int_equal(pid, GetCurrentProcessId());
	assert_string_equal(buf_text(&name), "the-pipe");
	CloseHandle(first);
	assert_int_equal(lock_holder("lock-test", &pid, &name, &e), ERR_MISSING);
	(void)DeleteFileW(L"lock-test\\agent.lock");
	(void)RemoveDirectoryW(L"lock-test");
}

/* ---- the loop ---- */

struct turns {
	struct loop *loop;
	struct timer *timer;
	struct loop_source *source;
	HANDLE event;
	unsigned due, heard;
};

static void on_due(void *ctx)
{
	struct turns *t = ctx;

	if (++t->due == 1)
		SetEvent(t->event);
	timer_start(t->timer, 1000000);
	if (t->due == 5)
		loop_end(t->loop);
}

static void on_heard(void *ctx)
{
	struct turns *t = ctx;

	t->heard++;
	ResetEvent(t->event);
	loop_unhear(t->source); /* from within */
}

static void timers_and_objects(void **state)
{
	struct turns t = { .event = CreateEventW(NULL, TRUE, FALSE, NULL) };
	struct err e;

	(void)state;
	assert_int_equal(loop_new(&t.loop, &e), 0);
	t.timer = timer_new(t.loop, on_due, &t);
	t.source = loop_hear(t.loop, t.event, on_heard, &t);
	assert_false(timer_waits(t.timer));
	timer_start(t.timer, 1000000);
	assert_true(timer_waits(t.timer));
	loop_run(t.loop);
	assert_int_equal(t.due, 5);
	assert_int_equal(t.heard, 1);
	timer_free(t.timer);
	loop_free(t.loop);
	CloseHandle(t.event);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_any_length),
		cmocka_unit_test(nothing_comes),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(names_nobody_can_tell),
		cmocka_unit_test(ends_of_a_pair),
		cmocka_unit_test(orders_come_back),
		cmocka_unit_test(one_has_the_lock),
		cmocka_unit_test(timers_and_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
