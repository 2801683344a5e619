#include <signal.h>
#include <sys/resource.h>

#include "entity/file.h"
#include "fake.h"

const struct sensor *const sensors[] = { &sensor_fake, NULL };

/* /etc/{a,b,sub/{c,d}}, /www/{x} */
static void small_host(void)
{
	fake_put("/etc", FILE_DIRECTORY);
	fake_put("/etc/a", FILE_REGULAR);
	fake_put("/etc/b", FILE_REGULAR);
	fake_put("/etc/sub", FILE_DIRECTORY);
	fake_put("/etc/sub/c", FILE_REGULAR);
	fake_put("/etc/sub/d", FILE_REGULAR);
	fake_put("/www", FILE_DIRECTORY);
	fake_put("/www/x", FILE_REGULAR);
}

#define WATCHED(exclude, fields) \
	"version: 1\n" \
	"rules:\n" \
	"  - { id: all, kind: file, base: /, exclude: [" exclude "], fields: [" fields "] }\n"

static struct world *begin_watched(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	small_host();
	world_policy(w, WATCHED("", "mode, sha256"));
	assert_int_equal(world_init(w, false, &e), 0);
	return w;
}

static void what_is_watched_again_is_no_cleaner_than_before(void **state)
{
	static const char drift[] =
		"updated /etc/a mode\ndeleted /etc/b\ncreated /etc/new\nupdated /www/x sha256\n";
	struct world *w = begin_watched(state);
	struct tree_root approved, after, current;

	fake_chmod("/etc/a", 0600);
	fake_remove("/etc/b");
	fake_put("/etc/new", FILE_REGULAR);
	fake_write("/www/x", 100);
	world_expect(w, drift);
	world_roots(w, &approved, &current);
	world_policy(w, WATCHED("\"etc/**\"", "mode"));
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, "");
	world_expect(w, "");
	world_policy(w, WATCHED("", "mode, sha256"));
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, drift);
	world_roots(w, &after, &current);
	assert_memory_equal(approved.full, after.full, DIGEST_BYTES);
	assert_int_equal(world_approve(w, "all"), 4);
	world_expect_drift(w, "");
	world_expect(w, "");
}

static void what_happened_unwatched_is_drift_when_watched_again(void **state)
{
	struct world *w = begin_watched(state);

	world_policy(w, WATCHED("\"etc/**\"", "mode, sha256"));
	world_expect(w, "note policy-changed\n");
	fake_chmod("/etc/a", 0600);
	fake_remove("/etc/b");
	world_expect(w, "");
	world_policy(w, WATCHED("", "mode, sha256"));
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, "updated /etc/a mode\ndeleted /etc/b\n");
}

static void what_a_policy_approves_is_a_decision(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	small_host();
	world_policy(w, WATCHED("\"etc/**\"", "mode"));
	assert_int_equal(world_init(w, false, &e), 0);
	world_policy(w, WATCHED("", "mode"));
	world_expect(w, "note policy-changed\ndecision policy 6\n");
	world_expect_drift(w, "");
	world_policy(w, WATCHED("", "mode, sha256"));
	world_expect(w, "note policy-changed\ndecision policy 5\n");
	world_expect_drift(w, "");
}

static void an_edited_policy_is_noticed_before_the_next_check(void **state)
{
	struct world *w = begin_watched(state);
	struct standing standing;
	struct err e = { 0 };

	assert_int_equal(pipeline_standing(w->store, w->policy, &standing, &e), 0);
	assert_false(standing.policy_changed);
	world_policy(w, WATCHED("", "mode"));
	assert_int_equal(pipeline_standing(w->store, w->policy, &standing, &e), 0);
	assert_true(standing.policy_changed);
	world_expect(w, "note policy-changed\n");
	assert_int_equal(pipeline_standing(w->store, w->policy, &standing, &e), 0);
	assert_false(standing.policy_changed);
}

static void gaps_stand_until_all_was_looked_at(void **state)
{
	struct world *w = begin_watched(state);
	struct standing standing;
	struct err e = { 0 };

	fake.gap[0] = (struct fake_gap){ "/etc/sub", true, true };
	fake.n_gaps = 1;
	world_expect(w, "gap /etc/sub **\n");
	fake.n_gaps = 0;
	w->options.below = w->below;
	w->below[0] = span_of("/www");
	w->options.n_below = 1;
	world_expect(w, "");
	assert_int_equal(pipeline_standing(w->store, w->policy, &standing, &e), 0);
	assert_true(standing.gaps == 1);
	w->options.below = NULL;
	world_expect(w, "");
	assert_int_equal(pipeline_standing(w->store, w->policy, &standing, &e), 0);
	assert_true(standing.gaps == 0);
}

static void a_state_is_of_one_root(void **state)
{
	struct world *w = begin_watched(state);
	struct err e = { 0 };

	fake_chmod("/etc/a", 0600);
	w->options.root = "/mnt";
	assert_int_equal(world_check(w, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "'/mnt'"));
	w->options.root = "//";
	world_expect(w, "updated /etc/a mode\n");
}

static void what_cannot_be_recorded_is_told_all_the_same(void **state)
{
	struct world *w = begin_watched(state);
	struct rlimit was, little;
	struct err e = { 0 };

	fake_chmod("/etc/a", 0600);
	fake.gap[0] = (struct fake_gap){ "/etc/sub", true, true };
	fake.n_gaps = 1;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	little = was;
	little.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	buf_clear(&w->log);
	assert_true(world_check(w, &e) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_string_equal(buf_text(&w->log), "updated /etc/a mode\ngap /etc/sub **\n");
	assert_true(e.code < 0 && e.text[0]);
	world_expect(w, "updated /etc/a mode\ngap /etc/sub **\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_watched_again_is_no_cleaner_than_before),
		TEST(what_happened_unwatched_is_drift_when_watched_again),
		TEST(what_a_policy_approves_is_a_decision),
		TEST(an_edited_policy_is_noticed_before_the_next_check),
		TEST(gaps_stand_until_all_was_looked_at),
		TEST(a_state_is_of_one_root),
		TEST(what_cannot_be_recorded_is_told_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
