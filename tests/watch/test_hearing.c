/* The frame around the rooms that hear on Windows: begun, ended, begun again, overflowing. */
#include <stdio.h>
#include <windows.h>

#include "../check.h"
#include "core/mem.h"
#include "entity/kind.h"
#include "entity/port.h"
#include "entity/user.h"
#include "watch/windows/hearings.h"

#define WAIT_MS 60000

static LONG runs, failures_wanted;

static void hint_of(struct hearing *h, const struct kind *k, const char *key)
{
	hear_hint(h, &(struct hint){ .kind = k, .key = span_of(key), .time = 5 });
}

static void means_of(struct hearing *h, const struct kind *k)
{
	hear_means(h, &(struct means){ .kind = k, .name = span_of("fake"), .in_force = true });
}

/* Listens, hints once, waits. */
static int run_steady(struct hearing *h, struct err *e)
{
	(void)e;
	InterlockedIncrement(&runs);
	means_of(h, &kind_user);
	hear_ready(h);
	hint_of(h, &kind_user, "spooler");
	WaitForSingleObject(hearing_end(h), INFINITE);
	return 0;
}

static int run_failing(struct hearing *h, struct err *e)
{
	InterlockedIncrement(&runs);
	means_of(h, &kind_port);
	hear_ready(h);
	if (InterlockedDecrement(&failures_wanted) >= 0)
		return err_set(e, ERR_SYSTEM, "the table is gone");
	WaitForSingleObject(hearing_end(h), INFINITE);
	return 0;
}

static int run_flood(struct hearing *h, struct err *e)
{
	char key[32];

	(void)e;
	for (int i = 0; i < HEARINGS_MAX + 100; i++) {
		snprintf(key, sizeof key, "tcp/127.0.0.1/%d", i);
		hint_of(h, &kind_port, key);
		hint_of(h, &kind_port, "tcp/127.0.0.1/0");
	}
	hear_ready(h);
	WaitForSingleObject(hearing_end(h), INFINITE);
	return 0;
}

static int run_nothing(struct hearing *h, struct err *e)
{
	(void)h, (void)e;
	return 0;
}

static const struct hearing_room room_steady = { "steady", run_steady };
static const struct hearing_room room_failing = { "failing", run_failing };
static const struct hearing_room room_flood = { "flood", run_flood };
static const struct hearing_room room_nothing = { "nothing", run_nothing };

struct seen {
	unsigned n[NOTICE_TYPE_N], in_force, withdrawn, gone;
	uint64_t lost;
	int64_t lost_from, lost_to;
	char text[128];
};

static void note(struct seen *s, const struct notice *n)
{
	s->n[n->type]++;
	if (n->type == NOTICE_MEANS) {
		s->in_force += n->means.in_force;
		s->gone += n->means.gone;
		s->withdrawn += !n->means.in_force && !n->means.gone;
	}
	if (n->type == NOTICE_LOSS) {
		s->lost += n->loss.count;
		s->lost_from = n->loss.from;
		s->lost_to = n->loss.to;
		snprintf(s->text, sizeof s->text, "%.*s", (int)n->loss.text.n, n->loss.text.p);
	}
}

/* Until there are `want` of a type, or time is up. */
static void hear_until(struct hearings *h, enum notice_type type, unsigned want, struct seen *s)
{
	struct arena *a = arena_new();
	ULONGLONG end = GetTickCount64() + WAIT_MS;
	struct notice n;

	while (s->n[type] < want && GetTickCount64() < end) {
		if (WaitForSingleObject(hearings_heard(h), 100) != WAIT_OBJECT_0)
			continue;
		while (hearings_take(h, a, &n))
			note(s, &n);
	}
	arena_free(a);
}

static struct hearings *begin(const struct hearing_room *const *rooms)
{
	struct hearings *h;
	struct err e;

	assert_int_equal(hearings_new(&h, rooms, "C:\\spare", &e), 0);
	assert_int_equal(hearings_begin(h, NULL, &e), 0);
	return h;
}

static void all_listen_then_ready(void **state)
{
	static const struct hearing_room *const rooms[] = { &room_steady, &room_nothing, NULL };
	struct hearings *h = begin(rooms);
	struct seen s = { 0 };

	(void)state;
	hear_until(h, NOTICE_READY, 1, &s);
	hear_until(h, NOTICE_HINT, 1, &s);
	assert_int_equal(s.n[NOTICE_READY], 1);
	assert_int_equal(s.n[NOTICE_HINT], 1);
	assert_int_equal(s.in_force, 1);
	assert_int_equal(s.n[NOTICE_LOSS], 0);
	hearings_free(h);
}

static void failed_room_is_told_and_begun_again(void **state)
{
	static const struct hearing_room *const rooms[] = { &room_failing, NULL };
	struct hearings *h;
	struct seen s = { 0 };

	(void)state;
	InterlockedExchange(&runs, 0);
	InterlockedExchange(&failures_wanted, 1);
	h = begin(rooms);
	hear_until(h, NOTICE_LOSS, 2, &s); /* as it failed, and for the time until it was back */
	assert_int_equal(s.n[NOTICE_LOSS], 2);
	assert_int_equal(s.withdrawn, 1);
	assert_true(s.lost_to - s.lost_from >= 200 * INT64_C(1000000));
	assert_int_equal(runs, 2);
	hearings_free(h);
}

static void more_than_fits_is_a_loss(void **state)
{
	static const struct hearing_room *const rooms[] = { &room_flood, NULL };
	struct hearings *h = begin(rooms);
	struct seen s = { 0 };

	(void)state;
	for (int i = 0; i < 500 && hearings_counts(h).hints < 2 * (HEARINGS_MAX + 100); i++)
		Sleep(10); /* nobody takes anything */
	hear_until(h, NOTICE_LOSS, 1, &s);
	assert_int_equal(s.n[NOTICE_HINT], HEARINGS_MAX);
	assert_int_equal(s.n[NOTICE_LOSS], 1);
	assert_int_equal(s.lost, 100);
	assert_int_equal(hearings_counts(h).joined, HEARINGS_MAX + 100);
	hearings_free(h);
}

static void another_policy_begins_all_again(void **state)
{
	static const struct hearing_room *const rooms[] = { &room_steady, NULL };
	struct hearings *h;
	struct seen s = { 0 };
	struct err e;

	(void)state;
	InterlockedExchange(&runs, 0);
	h = begin(rooms);
	hear_until(h, NOTICE_HINT, 1, &s);
	assert_int_equal(hearings_begin(h, NULL, &e), 0);
	hear_until(h, NOTICE_HINT, 2, &s);
	hear_until(h, NOTICE_READY, 2, &s);
	assert_int_equal(runs, 2);
	assert_int_equal(s.gone, 1);
	assert_int_equal(s.n[NOTICE_LOSS], 0);
	hearings_free(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_listen_then_ready),
		cmocka_unit_test(failed_room_is_told_and_begun_again),
		cmocka_unit_test(more_than_fits_is_a_loss),
		cmocka_unit_test(another_policy_begins_all_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
