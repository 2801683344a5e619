/* Rooms that crash, hang and fail, and what it costs. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entity/file.h"
#include "entity/group.h"
#include "entity/module.h"
#include "entity/mount.h"
#include "entity/user.h"
#include "fake.h"
#include "host/host.h"
#include "os/clock.h"

/* What the rooms do now: names to deliver, and then how it ends. */
enum ending { RETURNS, FAILS, CRASHES, HANGS, LEAVES, BABBLES, TARRIES };

/* A process that is kept sees it as well. */
static struct table {
	char users[16], groups[16]; /* one letter, one entity */
	enum ending user_ending;
	bool once;         /* it ends so once */
	bool gap;          /* one letter of users cannot be looked at */
	pid_t looked;      /* who did it last */
	unsigned looks;    /* that this one has done */
	unsigned refusals; /* entities too large to tell, of users */
} * host;

static unsigned scanned; /* by this process: stays 0, it is others that look */

static void say(char *to, const char *names)
{
	strcpy(to, names);
}

static void emit_all(struct scan *s, const struct kind *k, const char *names)
{
	for (; *names; names++) {
		struct record *r = record_new(scan_arena(s), k);

		r->key = arena_copy(scan_arena(s), span_from(names, 1));
		scan_emit(s, r);
	}
}

static void emit_large(struct scan *s)
{
	struct record *r = record_new(scan_arena(s), &kind_user);
	char *name = arena_get(scan_arena(s), BUF_MAX_DEFAULT);

	memset(name, 'x', BUF_MAX_DEFAULT);
	r->key = span_from(name, BUF_MAX_DEFAULT);
	scan_emit(s, r);
}

/* To whoever listens: a frame that is none. What was delivered before it is told. */
static void babble(void)
{
	static const char rubbish[] = "\x06\0\0\0"
				      "babble";
	struct stat st;

	for (int fd = 3; fd < 256; fd++)
		if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			(void)!write(fd, rubbish, sizeof rubbish - 1);
	for (;;)
		pause();
}

static int scan_users(struct scan *s, struct err *e)
{
	struct gap gap = { .kind = &kind_user,
		.key = { "b", 1 },
		.reason = GAP_DENIED,
		.text = "" };

	enum ending ending = host->user_ending;
	static unsigned looks;

	scanned++;
	host->looked = getpid();
	host->looks = ++looks;
	if (host->once)
		host->user_ending = RETURNS;
	if (host->refusals)
		emit_large(s);
	emit_all(s, &kind_user, host->users);
	if (host->gap)
		scan_gap(s, &gap);
	switch (ending) {
	case FAILS:
		return err_set(e, ERR_FORMAT, "etc/passwd:3: not a line of passwd");
	case CRASHES:
		signal(SIGSEGV, SIG_DFL); /* cmocka would go on with the other tests, here */
		kill(getpid(), SIGSEGV);
		pause();
		break;
	case HANGS:
		for (;;)
			pause();
	case TARRIES:
		while (*(volatile enum ending *)&host->user_ending == TARRIES)
			usleep(1000);
		break;
	case LEAVES:
		_exit(3);
	case BABBLES:
		babble();
		break;
	case RETURNS:
		break;
	}
	return 0;
}

static int scan_groups(struct scan *s, struct err *e)
{
	(void)e;
	emit_all(s, &kind_group, host->groups);
	return 0;
}

/* Only a running system has these. */
static int scan_modules(struct scan *s, struct err *e)
{
	(void)e;
	emit_all(s, &kind_module, host_is_live(scan_host(s)) ? "m" : "offline");
	return 0;
}

static const struct sensor sensor_users = {
	.kind = &kind_user,
	.source = "test",
	.scan = scan_users,
};
static const struct sensor sensor_groups = {
	.kind = &kind_group,
	.source = "test",
	.scan = scan_groups,
};
static const struct sensor sensor_modules = {
	.kind = &kind_module,
	.source = "test",
	.needs = NEED_LIVE,
	.scan = scan_modules,
};
const struct sensor *const sensors[] = { &sensor_fake, &sensor_users, &sensor_groups,
	&sensor_modules, NULL };

static const char policy[] = "version: 1\n"
			     "rules:\n"
			     "  - { id: users, kind: user, exclude: [\"z*\"] }\n"
			     "  - { id: groups, kind: group }\n"
			     "  - { id: modules, kind: module }\n";

static struct world *begin(void **state, const char *users, const char *groups)
{
	struct world *w = *state;
	struct err e = { 0 };

	memset(host, 0, sizeof *host);
	say(host->users, users);
	say(host->groups, groups);
	world_policy(w, policy);
	w->options.deadline_ms = 500;
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(scanned, 0);
	return w;
}

static void rooms_deliver_in_any_order(void **state)
{
	struct world *w = begin(state, "cab", "g");

	assert_int_equal(w->summary.entities[kind_user.id], 3);
	assert_int_equal(w->summary.entities[kind_module.id], 1);
	world_expect(w, "");
	say(host->users, "bcd");
	world_expect(w, "deleted a\ncreated d\n");
	world_expect(w, "");
}

static void what_no_rule_selects_is_not_taken(void **state)
{
	struct world *w = begin(state, "az", "");

	assert_int_equal(w->summary.entities[kind_user.id], 1);
	say(host->users, "ayz");
	world_expect(w, "created y\n");
}

static void a_gap_covers_its_key(void **state)
{
	struct world *w = begin(state, "abc", "g");

	say(host->users, "a");
	host->gap = true;
	world_expect(w, "deleted c\ngap b\n");
}

/* Nothing of the kind is taken for deleted; the kinds behind it are observed as ever. A room that
 * still could say so delivers what it had. */
static void an_ending_costs_the_kind_a_gap(void **state, enum ending ending, const char *lines,
	const char *later)
{
	struct world *w = begin(state, "abc", "gh");

	say(host->users, "bd");
	say(host->groups, "g");
	host->user_ending = ending;
	world_expect(w, lines);
	host->user_ending = RETURNS;
	world_expect(w, later);
}

static void a_room_that_fails_costs_a_gap(void **state)
{
	an_ending_costs_the_kind_a_gap(state, FAILS, "created d\ndeleted h\ngap  **\n",
		"deleted a\ndeleted c\n");
}

static void a_room_that_crashes_costs_a_gap(void **state)
{
	an_ending_costs_the_kind_a_gap(state, CRASHES, "deleted h\ngap  **\n",
		"deleted a\ndeleted c\ncreated d\n");
}

static void a_room_that_hangs_costs_a_gap(void **state)
{
	an_ending_costs_the_kind_a_gap(state, HANGS, "deleted h\ngap  **\n",
		"deleted a\ndeleted c\ncreated d\n");
}

static void a_room_that_leaves_costs_a_gap(void **state)
{
	an_ending_costs_the_kind_a_gap(state, LEAVES, "deleted h\ngap  **\n",
		"deleted a\ndeleted c\ncreated d\n");
}

static void a_user_may_interrupt_a_room(void **state)
{
	struct world *w = begin(state, "abc", "gh");
	struct err e = { 0 };

	w->options.deadline_ms = 60000;
	host->user_ending = HANGS;
	w->stop_after = 3;
	assert_int_equal(world_check(w, &e), ERR_INTERRUPTED);
	w->stop_after = 0;
	host->user_ending = RETURNS;
	world_expect(w, "");
}

static void an_offline_root_has_no_live_kinds(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	memset(host, 0, sizeof *host);
	say(host->users, "a");
	say(host->groups, "");
	world_policy(w, policy);
	w->options.root = w->dir;
	assert_int_equal(world_init(w, false, &e), 0);
	assert_int_equal(w->summary.entities[kind_user.id], 1);
	assert_int_equal(w->summary.entities[kind_module.id], 0);
}

static void one_kind_alone_may_be_asked_for(void **state)
{
	struct world *w = begin(state, "a", "g");

	say(host->users, "b");
	say(host->groups, "h");
	w->options.kind = &kind_group;
	world_expect(w, "deleted g\ncreated h\n");
	w->options.kind = NULL;
	world_expect(w, "deleted a\ncreated b\n");
}

/* ---- kept between looks ---- */

static int hear_line(void *ctx, const struct ledger_record *r, struct err *e)
{
	(void)e;
	return world_hear(ctx, r, e);
}

static void expect_look_at(struct world *w, const struct kind *k, const char *lines)
{
	struct look_again again = { .kind = k, .below = true };
	struct buf heard = BUF_INIT(1 << 20);
	struct check_listener l = { .ctx = &heard, .record = hear_line };
	struct err e = { 0 };

	if (pipeline_look(w->store, w->policy, &w->options, &again, 1, &l, &w->summary, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&heard), lines);
	buf_done(&heard);
}

/* The process that looked at users; it has looked so often. */
static pid_t keeps(struct world *w, unsigned looks)
{
	expect_look_at(w, &kind_user, "");
	assert_int_equal(host->looks, looks);
	return host->looked;
}

static struct world *begin_kept(void **state)
{
	struct world *w = begin(state, "abc", "gh");

	w->options.memory = look_memory_new();
	return w;
}

static void end_kept(struct world *w)
{
	look_memory_freep(&w->options.memory);
	assert_int_equal(scanned, 0);
	assert_int_not_equal(kill(host->looked, 0), 0);
}

static void looks_keep_their_process(void **state)
{
	struct world *w = begin_kept(state);
	pid_t first = keeps(w, 1);

	say(host->users, "bcd");
	expect_look_at(w, &kind_user, "deleted a\ncreated d\n");
	say(host->groups, "h");
	expect_look_at(w, &kind_group, "deleted g\n");
	assert_int_equal(keeps(w, 3), first);
	end_kept(w);
}

static void expect_late(struct world *w, const struct kind *k)
{
	struct look_again x = { .kind = k };
	struct check_summary sum;
	struct err e = { 0 };

	assert_int_equal(pipeline_look(w->store, w->policy, &w->options, &x, 1, NULL, &sum, &e),
		ERR_TIMEOUT);
	assert_ptr_equal(look_slow(w->options.memory), k);
	assert_null(look_slow(w->options.memory));
	assert_false(look_was_stopped(w->options.memory));
}

static void until_complete(struct look_memory *m)
{
	int64_t until = clock_monotonic() + INT64_C(60000000000);

	while (look_ahead_state(m) == AHEAD_GOES_ON && clock_monotonic() < until)
		usleep(1000);
	assert_int_equal(look_ahead_state(m), AHEAD_COMPLETE);
}

/* It did not come in time: nothing is recorded, and the same one goes on by the side. */
static void what_takes_long_goes_on_by_the_side(void **state)
{
	struct world *w = begin_kept(state);
	struct look_memory *m = w->options.memory;
	pid_t first = keeps(w, 1);

	w->options.kind_ms = 300;
	w->options.deadline_ms = 0;
	say(host->users, "bcd");
	host->user_ending = TARRIES;
	expect_late(w, &kind_user);
	assert_false(look_goes_on_ahead(m, &kind_group));
	assert_true(look_goes_on_ahead(m, &kind_user));
	assert_false(look_goes_on_ahead(m, &kind_user)); /* once */
	w->options.kind_ms = 60000;
	expect_look_at(w, &kind_group, ""); /* does not wait for it, nor take it */
	host->user_ending = RETURNS;
	until_complete(m);
	say(host->users, "x"); /* what was observed counts */
	expect_look_at(w, &kind_user, "deleted a\ncreated d\n");
	assert_int_equal(look_ahead_state(m), AHEAD_NONE);
	expect_look_at(w, &kind_user, "deleted b\ndeleted c\ndeleted d\ncreated x\n");
	assert_int_not_equal(host->looked, first); /* the one that looked at groups */
	assert_int_equal(kill(first, 0), 0);       /* was not ended for having been slow */
	end_kept(w);
}

/* The place by the side is taken: it is not ended, but what it says then is too old. */
static void what_takes_long_is_not_taken_later(void **state)
{
	struct world *w = begin_kept(state);
	struct look_memory *m = w->options.memory;
	pid_t first = keeps(w, 1);

	w->options.kind_ms = 300;
	w->options.deadline_ms = 0;
	say(host->users, "bcd");
	host->user_ending = TARRIES;
	expect_late(w, &kind_user);
	expect_late(w, &kind_group);
	assert_false(look_goes_on_ahead(m, &kind_user)); /* who was heard of since may be missing */
	host->user_ending = RETURNS;
	w->options.kind_ms = 60000;
	say(host->users, "x");
	usleep(100000);
	expect_look_at(w, &kind_user, "deleted a\ndeleted b\ndeleted c\ncreated x\n");
	assert_int_equal(host->looked, first);
	end_kept(w);
}

static void start_anew(void **state)
{
	assert_int_equal(world_teardown(state), 0);
	assert_int_equal(world_setup(state), 0);
}

/* Whoever observes by the side ends so: the look that takes it has a gap, and does not wait. */
static void by_the_side_it_ends(void **state, enum ending ending, const char *lines,
	const char *later)
{
	struct world *w = begin_kept(state);
	struct look_memory *m = w->options.memory;

	(void)keeps(w, 1);
	w->options.kind_ms = 60000;
	w->options.deadline_ms = ending == HANGS ? 100 : 0;
	say(host->users, "bd");
	host->user_ending = ending;
	assert_int_equal(look_ahead(w->store, w->policy, &w->options, &kind_user, NULL), 0);
	expect_look_at(w, &kind_group, ""); /* neither waits for it nor takes it */
	until_complete(m);
	host->user_ending = RETURNS; /* one that is asked now would tell what there is */
	expect_look_at(w, &kind_user, lines);
	w->options.deadline_ms = 0;
	assert_int_equal(look_ahead_state(m), AHEAD_NONE);
	expect_look_at(w, &kind_user, later);
	end_kept(w);
}

static void by_the_side_it_may_end_in_any_way(void **state)
{
	static const enum ending endings[] = { CRASHES, HANGS, LEAVES, BABBLES };

	by_the_side_it_ends(state, RETURNS, "deleted a\ndeleted c\ncreated d\n", "");
	start_anew(state);
	by_the_side_it_ends(state, FAILS, "created d\ngap  **\n", "deleted a\ndeleted c\n");
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		start_anew(state);
		by_the_side_it_ends(state, endings[i], "gap  **\n",
			"deleted a\ndeleted c\ncreated d\n");
	}
}

static void a_room_that_talks_nonsense_costs_a_gap(void **state)
{
	an_ending_costs_the_kind_a_gap(state, BABBLES, "deleted h\ngap  **\n",
		"deleted a\ndeleted c\ncreated d\n");
}

static void one_that_is_stopped_is_not_waited_for(void **state)
{
	struct world *w = begin_kept(state);
	struct look_again x = { .kind = &kind_user };
	struct check_summary sum;
	struct err e = { 0 };
	pid_t first = keeps(w, 1);

	w->options.kind_ms = 3600000;
	w->options.deadline_ms = 0;
	assert_int_equal(kill(first, SIGSTOP), 0);
	assert_int_equal(pipeline_look(w->store, w->policy, &w->options, &x, 1, NULL, &sum, &e),
		ERR_TIMEOUT);
	assert_true(look_was_stopped(w->options.memory));
	assert_null(look_slow(w->options.memory));
	assert_int_not_equal(keeps(w, 1), first);
	end_kept(w);
}

static void a_process_killed_meanwhile_costs_nothing(void **state)
{
	struct world *w = begin_kept(state);
	pid_t first = keeps(w, 1);

	assert_int_equal(kill(first, SIGKILL), 0);
	say(host->users, "abcd");
	expect_look_at(w, &kind_user, "created d\n");
	assert_int_not_equal(host->looked, first);
	assert_int_equal(host->looks, 1);
	end_kept(w);
}

/* One that was there before may have ended for another reason: it is asked again, once. */
static void a_kept_one_that_crashes_once_is_asked_again(void **state)
{
	struct world *w = begin_kept(state);

	(void)keeps(w, 1);
	say(host->users, "");
	host->user_ending = CRASHES;
	host->once = true;
	expect_look_at(w, &kind_user, "deleted a\ndeleted b\ndeleted c\n");
	assert_int_equal(host->looks, 1);
	end_kept(w);
}

static void a_kept_one_that_always_ends_costs_a_gap(void **state, enum ending ending)
{
	struct world *w = begin_kept(state);

	(void)keeps(w, 1);
	say(host->users, "bd");
	host->user_ending = ending;
	expect_look_at(w, &kind_user, "gap  **\n");
	say(host->groups, "g");
	expect_look_at(w, &kind_group, "deleted h\n");
	host->user_ending = RETURNS;
	expect_look_at(w, &kind_user, "deleted a\ndeleted c\ncreated d\n");
	end_kept(w);
}

static void a_kept_one_that_crashes_costs_a_gap(void **state)
{
	a_kept_one_that_always_ends_costs_a_gap(state, CRASHES);
}

static void a_kept_one_that_hangs_costs_a_gap(void **state)
{
	a_kept_one_that_always_ends_costs_a_gap(state, HANGS);
}

static void a_kept_one_that_leaves_costs_a_gap(void **state)
{
	a_kept_one_that_always_ends_costs_a_gap(state, LEAVES);
}

static void another_policy_takes_another_process(void **state)
{
	struct world *w = begin_kept(state);
	pid_t first = keeps(w, 1);
	struct err e = { 0 };

	world_policy(w, "version: 1\nrules:\n  - { id: users, kind: user, exclude: [\"b*\"] }\n");
	assert_int_equal(world_check(w, &e), 0);
	assert_int_not_equal(keeps(w, 1), first);
	say(host->users, "abb");
	expect_look_at(w, &kind_user, "deleted c\n");
	end_kept(w);
}

/* What the one kind was refused for is not held against the next. */
static void an_entity_that_is_too_large_is_a_gap_of_its_kind(void **state)
{
	struct world *w = begin(state, "abc", "gh");

	host->refusals = 1;
	say(host->users, "ab");
	say(host->groups, "g");
	world_expect(w, "deleted h\ngap  **\n");
	host->refusals = 0;
	world_expect(w, "deleted c\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rooms_deliver_in_any_order),
		TEST(what_no_rule_selects_is_not_taken),
		TEST(a_gap_covers_its_key),
		TEST(a_room_that_fails_costs_a_gap),
		TEST(a_room_that_crashes_costs_a_gap),
		TEST(a_room_that_hangs_costs_a_gap),
		TEST(a_room_that_leaves_costs_a_gap),
		TEST(a_user_may_interrupt_a_room),
		TEST(an_offline_root_has_no_live_kinds),
		TEST(one_kind_alone_may_be_asked_for),
		TEST(an_entity_that_is_too_large_is_a_gap_of_its_kind),
		TEST(looks_keep_their_process),
		TEST(a_process_killed_meanwhile_costs_nothing),
		TEST(a_kept_one_that_crashes_once_is_asked_again),
		TEST(a_kept_one_that_crashes_costs_a_gap),
		TEST(a_kept_one_that_hangs_costs_a_gap),
		TEST(a_kept_one_that_leaves_costs_a_gap),
		TEST(another_policy_takes_another_process),
		TEST(what_takes_long_goes_on_by_the_side),
		TEST(what_takes_long_is_not_taken_later),
		TEST(by_the_side_it_may_end_in_any_way),
		TEST(a_room_that_talks_nonsense_costs_a_gap),
		TEST(one_that_is_stopped_is_not_waited_for),
	};

	host = mmap(NULL, sizeof *host, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (host == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
