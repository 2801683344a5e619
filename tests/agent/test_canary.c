#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "agent/health/canary.h"
#include "core/json.h"

struct fixture {
	struct event_base *base;
	struct canaries *c;
	unsigned asked, changed, done;
	bool refuse, last_fault;
};

/* Time passes twenty times as fast for what is waited for. */
int __real_event_add(struct event *ev, const struct timeval *after);
int __wrap_event_add(struct event *ev, const struct timeval *after);
int __wrap_event_add(struct event *ev, const struct timeval *after)
{
	int64_t us = after ? (after->tv_sec * INT64_C(1000000) + after->tv_usec) / 20 : 0;
	const struct timeval soon = { us / 1000000, us % 1000000 };

	return __real_event_add(ev, after ? &soon : NULL);
}

static const struct kind *file_kind(void)
{
	return kind_find(span_of("file"));
}

static bool ask(void *ctx)
{
	struct fixture *f = ctx;

	f->asked++;
	return !f->refuse;
}

static void changed(void *ctx, const struct canary_place *place)
{
	struct fixture *f = ctx;

	f->changed++;
	f->last_fault = place->fault;
}

static void done(void *ctx)
{
	struct fixture *f = ctx;

	f->done++;
	event_base_loopbreak(f->base);
}

static void setup(struct fixture *f, unsigned mean)
{
	struct canary_hooks hooks = { f, ask, changed, done };
	struct err e;

	*f = (struct fixture){ .base = event_base_new() };
	assert_non_null(f->base);
	assert_int_equal(canaries_new(&f->c, f->base, mean, &hooks, &e), 0);
}

static void teardown(struct fixture *f)
{
	canaries_free(f->c);
	event_base_free(f->base);
}

static struct canary answer(const char *scope, bool seen, bool fault)
{
	return (struct canary){ .kind = file_kind(),
		.scope = span_of(scope),
		.seen = seen,
		.latency = 1500000,
		.text = span_of(seen ? "" : "why"),
		.fault = fault };
}

static void round_of(struct fixture *f, struct canary a)
{
	canaries_now(f->c);
	canaries_answer(f->c, &a);
	event_base_dispatch(f->base);
}

static void a_fault_is_told_once_until_it_is_over(void **state)
{
	struct fixture f;
	const struct canary_place *places;

	(void)state;
	setup(&f, 0);
	round_of(&f, answer("/", true, false));
	assert_int_equal(f.done, 1);
	assert_int_equal(f.changed, 0);
	assert_int_equal(canaries_places(f.c, &places), 1);
	assert_true(places[0].latency == 1500000);
	assert_true(places[0].heard > 0);

	round_of(&f, answer("/", false, true));
	assert_int_equal(f.changed, 1);
	assert_true(f.last_fault);
	assert_int_equal(canaries_faults(f.c), 1);
	round_of(&f, answer("/", false, true));
	assert_int_equal(f.changed, 1);
	round_of(&f, answer("/", true, false));
	assert_int_equal(f.changed, 2);
	assert_false(f.last_fault);
	assert_int_equal(canaries_faults(f.c), 0);
	assert_int_equal(canaries_places(f.c, &places), 1);
	assert_int_equal(places[0].missed, 2);
	teardown(&f);
}

static void what_cannot_hear_is_no_fault(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 0);
	round_of(&f, answer("/mnt/readonly", false, false));
	assert_int_equal(f.changed, 0);
	assert_int_equal(canaries_faults(f.c), 0);
	teardown(&f);
}

static void who_does_not_answer_is_at_fault(void **state)
{
	struct fixture f;
	struct means gone = { .kind = file_kind(), .scope = span_of("/gone") };
	struct canary first = answer("/", true, false), second = answer("/gone", true, false);

	(void)state;
	setup(&f, 0);
	canaries_now(f.c);
	canaries_answer(f.c, &first);
	canaries_answer(f.c, &second);
	event_base_dispatch(f.base);
	assert_int_equal(f.done, 1);
	canaries_means(f.c, &gone); /* not in force any more: nobody waits for it */
	canaries_now(f.c);
	event_base_dispatch(f.base);
	assert_int_equal(f.done, 2);
	assert_int_equal(f.changed, 1);
	assert_int_equal(canaries_faults(f.c), 1);
	teardown(&f);
}

static void the_timer_asks(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1);    /* at most 3 s away */
	f.refuse = true; /* no watcher: the round is over at once, and the next one is set */
	event_base_dispatch(f.base);
	assert_int_equal(f.asked, 1);
	assert_int_equal(f.done, 1);
	event_base_dispatch(f.base);
	assert_int_equal(f.asked, 2);
	teardown(&f);
}

static void places_are_bounded(void **state)
{
	struct fixture f;
	const struct canary_place *places;
	char scope[16];

	(void)state;
	setup(&f, 0);
	for (unsigned i = 0; i < CANARY_PLACES_MAX + 10; i++) {
		struct canary a;

		(void)snprintf(scope, sizeof scope, "/m%u", i);
		a = answer(scope, true, false);
		canaries_answer(f.c, &a);
	}
	assert_int_equal(canaries_places(f.c, &places), CANARY_PLACES_MAX);
	teardown(&f);
}

static void json__has_each_place(void **state)
{
	struct fixture f;
	struct canary a = answer("/", true, false);
	AUTO(buf) text = BUF_INIT(4096);
	struct json j = JSON_INIT(&text);

	(void)state;
	setup(&f, 0);
	canaries_answer(f.c, &a);
	canaries_json(f.c, &j);
	assert_non_null(
		strstr(buf_text(&text), "\"kind\":\"file\",\"scope\":\"/\",\"fault\":false"));
	assert_non_null(strstr(buf_text(&text), "\"latency_ns\":1500000"));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_told_once_until_it_is_over),
		cmocka_unit_test(what_cannot_hear_is_no_fault),
		cmocka_unit_test(who_does_not_answer_is_at_fault),
		cmocka_unit_test(the_timer_asks),
		cmocka_unit_test(places_are_bounded),
		cmocka_unit_test(json__has_each_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
