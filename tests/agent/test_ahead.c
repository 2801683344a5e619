/* Kinds that take long, observed by the side: what waits for that, and what becomes of it however
 * it ends. How the process ends is test_guard's. */
#include <stdlib.h>

#include "../check.h"
#include "agent/collector/state.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/port.h"
#include "entity/process.h"
#include "os/clock.h"

#define MS INT64_C(1000000)

static struct {
	int begin; /* what look_ahead returns */
	enum ahead state;
	const struct kind *slow;
	const struct kind *going; /* on, since a look that was late */
	bool stopped;
	unsigned begun, dropped, notes;
} side;

int __wrap_look_ahead(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct kind *k, struct err *e);
bool __wrap_look_goes_on_ahead(struct look_memory *m, const struct kind *k);
enum ahead __wrap_look_ahead_state(struct look_memory *m);
void __wrap_look_ahead_drop(struct look_memory *m);
const struct kind *__wrap_look_slow(struct look_memory *m);
bool __wrap_look_was_stopped(struct look_memory *m);
int __wrap_collector_note(struct collector *c, const char *what, const char *text);

int __wrap_look_ahead(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct kind *k, struct err *e)
{
	(void)s, (void)p, (void)o, (void)k;
	side.begun++;
	return side.begin < 0 ? err_set(e, side.begin, "no more processes") : 0;
}

bool __wrap_look_goes_on_ahead(struct look_memory *m, const struct kind *k)
{
	(void)m;
	return side.going == k;
}

enum ahead __wrap_look_ahead_state(struct look_memory *m)
{
	(void)m;
	return side.state;
}

void __wrap_look_ahead_drop(struct look_memory *m)
{
	(void)m;
	side.dropped++;
}

const struct kind *__wrap_look_slow(struct look_memory *m)
{
	const struct kind *k = side.slow;

	(void)m;
	side.slow = NULL;
	return k;
}

bool __wrap_look_was_stopped(struct look_memory *m)
{
	bool was = side.stopped;

	(void)m;
	side.stopped = false;
	return was;
}

int __wrap_collector_note(struct collector *c, const char *what, const char *text)
{
	(void)c, (void)text;
	assert_string_equal(what, "looks-stopped");
	side.notes++;
	return 0;
}

/* ---- a collector that looks at nothing by itself ---- */

static void heard(struct collector *c, const struct kind *k, const char *key, const char *who)
{
	look_soon(c, &(struct look_again){ .kind = k, .key = span_of(key), .who = span_of(who) });
}

static int setup(void **state)
{
	struct collector *c = mem_new(sizeof *c);
	struct err e;

	memset(&side, 0, sizeof side);
	side.state = AHEAD_GOES_ON;
	assert_int_equal(loop_new(&c->loop, &e), 0);
	c->backlog = backlog_new();
	c->stopping = true;
	c->pace[kind_process.id].dear = true;
	heard(c, &kind_process, "a", "first");
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct collector *c = *state;

	ahead_drop(c);
	timer_free(c->ahead.tick);
	loop_free(c->loop);
	backlog_free(c->backlog);
	free(c);
	return 0;
}

static void end_loop(void *ctx)
{
	struct collector *c = ctx;

	loop_end(c->loop);
}

/* It is seen by then. */
static void pass(struct collector *c, int64_t ns)
{
	struct timer *t = timer_new(c->loop, end_loop, c);

	timer_start(t, ns);
	loop_run(c->loop);
	timer_free(t);
}

static void until_complete(struct collector *c)
{
	int64_t until = clock_monotonic() + 60000 * MS;

	side.state = AHEAD_COMPLETE;
	while (!c->ahead.complete && clock_monotonic() < until)
		pass(c, MS);
	assert_true(c->ahead.complete);
}

/* ---- tests ---- */

static void what_was_heard_waits_for_what_is_observed(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct collector *c = *state;
	struct look_again *looks = NULL;
	size_t n;

	assert_true(ahead_may_look(c, &kind_port));
	assert_false(ahead_may_look(c, &kind_process));
	assert_true(ahead_begin(c));
	assert_true(ahead_holds(c));
	assert_int_equal(backlog_count(c->backlog), 0);
	heard(c, &kind_process, "a", "second");
	assert_false(ahead_begin(c)); /* one at a time */
	assert_int_equal(side.begun, 1);
	pass(c, 60 * MS);
	assert_false(ahead_may_look(c, &kind_process));
	assert_int_equal(ahead_next(c, &kind_process), 0);
	assert_int_equal(ahead_take(c, a, &looks, 0), 0);
	until_complete(c);
	assert_true(ahead_may_look(c, &kind_process));
	assert_int_equal(ahead_next(c, &kind_process), 1);

	n = backlog_take(c->backlog, SIZE_MAX, NULL, NULL, a, &looks);
	n = ahead_take(c, a, &looks, n);
	assert_int_equal(n, 2);
	assert_true(span_is(looks[0].who, "first"));
	assert_true(span_is(looks[1].who, "second"));
	ahead_looked(c, looks, n);
	assert_false(ahead_holds(c));
	/* what the second did may not have been there when it was observed */
	assert_int_equal(backlog_count_of(c->backlog, &kind_process), 1);
	assert_true(c->pace[kind_process.id].next > 0);
}

static void one_that_is_quick_again_is_not_dear(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct collector *c = *state;
	struct look_again *looks = NULL;
	size_t n;

	assert_true(ahead_begin(c));
	until_complete(c);
	c->ahead.cost = 1;
	n = ahead_take(c, a, &looks, 0);
	ahead_looked(c, looks, n);
	assert_false(c->pace[kind_process.id].dear);
	assert_true(ahead_may_look(c, &kind_process));
}

/* It died, or was stopped by a signal, or is by another policy. */
static void what_waited_for_one_that_is_gone_waits_again(void **state)
{
	struct collector *c = *state;
	int64_t until = clock_monotonic() + 60000 * MS;

	assert_true(ahead_begin(c));
	side.state = AHEAD_NONE;
	side.stopped = true;
	while (ahead_holds(c) && clock_monotonic() < until)
		pass(c, MS);
	assert_false(ahead_holds(c));
	assert_int_equal(side.notes, 1);
	assert_int_equal(backlog_count_of(c->backlog, &kind_process), 1);
	assert_true(ahead_begin(c)); /* another one */
}

static void one_that_cannot_begin_is_tried_later(void **state)
{
	struct collector *c = *state;

	side.begin = ERR_SYSTEM;
	assert_false(ahead_begin(c));
	assert_false(ahead_holds(c));
	assert_int_equal(backlog_count_of(c->backlog, &kind_process), 1);
	assert_true(ahead_next(c, &kind_process) > clock_monotonic());
	side.begin = 0;
	assert_false(ahead_begin(c)); /* not yet */
	assert_int_equal(side.begun, 1);
}

static void a_look_that_took_long_makes_its_kind_dear(void **state)
{
	struct collector *c = *state;

	side.slow = &kind_port;
	assert_true(ahead_failed(c, ERR_TIMEOUT, NULL, 0));
	assert_true(c->pace[kind_port.id].dear);
	assert_false(ahead_failed(c, ERR_TIMEOUT, NULL, 0)); /* for another reason */
	side.stopped = true;
	assert_true(ahead_failed(c, ERR_TIMEOUT, NULL, 0));
	side.slow = &kind_port;
	assert_false(ahead_failed(c, ERR_WRITE, NULL, 0));
}

/* It is not begun anew: all that was heard of when it was waits for what it will find. */
static void one_that_took_long_goes_on(void **state)
{
	struct collector *c = *state;
	struct look_again x = { .kind = &kind_port, .key = span_of("p") };

	side.slow = side.going = &kind_port;
	assert_true(ahead_failed(c, ERR_TIMEOUT, &x, 1));
	assert_ptr_equal(c->ahead.kind, &kind_port);
	assert_int_equal(c->ahead.n, 1);
	assert_int_equal(backlog_count_of(c->backlog, &kind_port), 0);
	assert_int_equal(side.begun, 0);
	assert_false(ahead_begin(c)); /* the dear one waits its turn */
	side.slow = side.going = &kind_process;
	assert_true(ahead_failed(c, ERR_TIMEOUT, NULL, 0)); /* one at a time */
	assert_ptr_equal(c->ahead.kind, &kind_port);
	assert_false(ahead_may_look(c, &kind_port));
	assert_true(ahead_may_look(c, &kind_file));
	side.state = AHEAD_COMPLETE;
	pass(c, 60 * MS);
	assert_true(ahead_may_look(c, &kind_port));
	assert_false(ahead_may_look(c, &kind_file)); /* which might be late, and spoil it */
}

/* A survey's repair is not said to be done while what the survey found was not recorded. */
static void a_survey_waits_for_what_was_put_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct job survey = { .finished = true };
	struct collector *c = *state;
	struct look_again *looks;
	size_t n;

	heard(c, &kind_file, "/found", "");
	survey.serial = backlog_serial(c->backlog);
	c->running = &survey;
	heard(c, &kind_file, "/later", "");
	n = backlog_take(c->backlog, SIZE_MAX, NULL, NULL, a, &looks);
	assert_false(ahead_waits(c, survey.serial));
	side.stopped = true;
	assert_true(ahead_failed(c, ERR_TIMEOUT, looks, n));
	assert_int_equal(backlog_count_of(c->backlog, &kind_file), 2);
	assert_true(ahead_waits(c, survey.serial));
	c->running = NULL;
}

/* What it took is with those that are put back. */
static void a_look_that_fails_drops_what_was_observed(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct collector *c = *state;
	struct look_again *looks = NULL;

	assert_true(ahead_begin(c));
	until_complete(c);
	assert_int_equal(ahead_take(c, a, &looks, 0), 1);
	assert_false(ahead_failed(c, ERR_FORMAT, NULL, 0));
	assert_int_equal(side.dropped, 1);
	assert_false(ahead_holds(c));
	assert_int_equal(backlog_count(c->backlog), 0);
	assert_true(span_is(looks[0].who, "first"));
}

static void all_that_waits_can_be_taken_back(void **state)
{
	struct collector *c = *state;

	assert_true(ahead_begin(c));
	assert_true(ahead_waits(c, 0));
	ahead_drop(c);
	assert_int_equal(side.dropped, 1);
	assert_int_equal(backlog_count_of(c->backlog, &kind_process), 1);
	pass(c, 60 * MS); /* the tick that was due finds nothing */
	assert_false(ahead_holds(c));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_heard_waits_for_what_is_observed),
		TEST(one_that_is_quick_again_is_not_dear),
		TEST(what_waited_for_one_that_is_gone_waits_again),
		TEST(one_that_cannot_begin_is_tried_later),
		TEST(one_that_took_long_goes_on),
		TEST(a_survey_waits_for_what_was_put_back),
		TEST(a_look_that_took_long_makes_its_kind_dear),
		TEST(a_look_that_fails_drops_what_was_observed),
		TEST(all_that_waits_can_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
