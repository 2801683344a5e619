/* The kernel's pressure stall information (Documentation/accounting/psi.rst), and that a survey
 * waits while it says that others do. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/fake.h"
#include "agent/health/pressure.h"
#include "agent/survey/survey.h"
#include "core/attr.h"
#include "entity/file.h"

static void pressure_parse__reads_the_last_ten_seconds(void **state)
{
	static const struct {
		const char *text;
		int percent;
	} cases[] = {
		{ "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0 },
		{ "some avg10=12.34 avg60=1.00 avg300=0.00 total=5\nfull avg10=99.00\n", 12 },
		{ "some avg10=100.00 avg60=1.00", 100 },
		{ "some avg10=7", -1 },
		{ "some avg10=", -1 },
		{ "full avg10=12.34", -1 },
		{ "", -1 },
		{ "some avg10=99999999999999999999.0", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pressure_parse(span_of(cases[i].text)), cases[i].percent);
}

/* ---- a kernel of our own ---- */

static char folder[600];
static atomic_bool lowered;
static unsigned asked; /* by the survey: for more than so many per cent */
static unsigned frames;

static void say(const char *name, int percent)
{
	char path[700], next[700];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(next, sizeof next, "%s/next", folder);
	f = fopen(next, "w");
	assert_non_null(f);
	fprintf(f, "some avg10=%d.00 avg60=0.00 avg300=0.00 total=0\n", percent);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

static struct world *begin(void **state)
{
	struct world *w = *state;

	snprintf(folder, sizeof folder, "%s/pressure.XXXXXX", w->dir);
	assert_non_null(mkdtemp(folder));
	return w;
}

static void pressure_high__reads_all_that_the_kernel_says(void **state)
{
	static const char *const names[] = { "cpu", "io", "memory" };

	(void)begin(state);
	assert_false(pressure_high(folder, 40)); /* it says nothing */
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		say(names[i], 41);
		assert_true(pressure_high(folder, 40));
		assert_false(pressure_high(folder, 0)); /* never */
		say(names[i], 40);
		assert_false(pressure_high(folder, 40));
	}
}

/* ---- a survey ---- */

void __real_pressure_wait(const char *of, unsigned percent);
void __wrap_pressure_wait(const char *of, unsigned percent);

void __wrap_pressure_wait(const char *of, unsigned percent)
{
	assert_string_equal(of, PRESSURE_FOLDER);
	asked = percent;
	__real_pressure_wait(folder, percent);
}

static int put(void *ctx, struct span frame, struct err *e)
{
	(void)ctx, (void)frame, (void)e;
	frames++;
	return 0;
}

static int flush(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	return 0;
}

static void *others_are_done(void *ctx)
{
	(void)ctx;
	usleep(700000);
	lowered = true;
	say("cpu", 3);
	return NULL;
}

static void survey(struct world *w, unsigned percent)
{
	struct survey_setup setup = { .state_dir = w->dir,
		.policy = w->policy,
		.options = w->options,
		.pressure = percent };
	struct survey_plan plan = { .name = "quick", .observed = OBSERVED_SCAN };
	struct survey_sink sink = { NULL, put, flush };

	asked = frames = 0;
	survey_do(&setup, &plan, &sink);
	assert_int_equal(asked, percent);
	assert_true(frames > 0);
}

static void a_survey__waits_while_others_do(void **state)
{
	struct world *w = begin(state);
	struct err e = { 0 };
	pthread_t others;

	for (unsigned i = 0; i < 200; i++) {
		char path[32];

		snprintf(path, sizeof path, "/www/%03u", i);
		fake_put(path, FILE_REGULAR);
	}
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	say("cpu", 90);
	assert_int_equal(pthread_create(&others, NULL, others_are_done, NULL), 0);
	survey(w, 40);
	assert_true(lowered);
	assert_int_equal(pthread_join(others, NULL), 0);
	say("cpu", 90);
	survey(w, 0); /* what was lost is searched for at once */
}

/* Longer than a survey that nobody notices. */
static int scan_slowly(struct scan *s, struct err *e)
{
	usleep(250000);
	return sensor_fake.scan(s, e);
}

static const struct sensor sensor_slow = {
	.kind = &kind_file,
	.source = "test",
	.scan = scan_slowly,
	.sorted = true,
};
const struct sensor *const sensors[] = { &sensor_slow, NULL };

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pressure_parse__reads_the_last_ten_seconds),
		TEST(pressure_high__reads_all_that_the_kernel_says),
		TEST(a_survey__waits_while_others_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
