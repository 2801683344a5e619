/* Rooms that crash, hang and fail, and what it costs. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "entity/file.h"
#include "entity/group.h"
#include "entity/module.h"
#include "entity/mount.h"
#include "entity/user.h"
#include "fake.h"
#include "host/host.h"

/* What the rooms do now: names to deliver, and then how it ends. */
enum ending { RETURNS, FAILS, CRASHES, HANGS, LEAVES };

static struct {
	const char *users, *groups; /* one letter, one entity */
	enum ending user_ending;
	bool gap;         /* one letter of users cannot be looked at */
	unsigned scanned; /* by this process: stays 0, it is others that look */
} host;

static void emit_all(struct scan *s, const struct kind *k, const char *names)
{
	for (; *names; names++) {
		struct record *r = record_new(scan_arena(s), k);

		r->key = arena_copy(scan_arena(s), span_from(names, 1));
		scan_emit(s, r);
	}
}

static int scan_users(struct scan *s, struct err *e)
{
	struct gap gap = { .kind = &kind_user,
		.key = { "b", 1 },
		.reason = GAP_DENIED,
		.text = "" };

	host.scanned++;
	emit_all(s, &kind_user, host.users);
	if (host.gap)
		scan_gap(s, &gap);
	switch (host.user_ending) {
	case FAILS:
		return err_set(e, ERR_FORMAT, "etc/passwd:3: not a line of passwd");
	case CRASHES:
		kill(getpid(), SIGSEGV);
		pause();
		break;
	case HANGS:
		for (;;)
			pause();
	case LEAVES:
		_exit(3);
	case RETURNS:
		break;
	}
	return 0;
}

static int scan_groups(struct scan *s, struct err *e)
{
	(void)e;
	emit_all(s, &kind_group, host.groups);
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

	memset(&host, 0, sizeof host);
	host.users = users;
	host.groups = groups;
	world_policy(w, policy);
	w->options.deadline_ms = 30;
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(host.scanned, 0);
	return w;
}

static void rooms_deliver_in_any_order(void **state)
{
	struct world *w = begin(state, "cab", "g");

	assert_int_equal(w->summary.entities[kind_user.id], 3);
	assert_int_equal(w->summary.entities[kind_module.id], 1);
	world_expect(w, "");
	host.users = "bcd";
	world_expect(w, "deleted a\ncreated d\n");
	world_expect(w, "");
}

static void what_no_rule_selects_is_not_taken(void **state)
{
	struct world *w = begin(state, "az", "");

	assert_int_equal(w->summary.entities[kind_user.id], 1);
	host.users = "ayz";
	world_expect(w, "created y\n");
}

static void a_gap_covers_its_key(void **state)
{
	struct world *w = begin(state, "abc", "g");

	host.users = "a";
	host.gap = true;
	world_expect(w, "deleted c\ngap b\n");
}

/* Nothing of the kind is taken for deleted; the kinds behind it are observed as ever. A room that
 * still could say so delivers what it had. */
static void an_ending_costs_the_kind_a_gap(void **state, enum ending ending, const char *lines,
	const char *later)
{
	struct world *w = begin(state, "abc", "gh");

	host.users = "bd";
	host.groups = "g";
	host.user_ending = ending;
	world_expect(w, lines);
	host.user_ending = RETURNS;
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
	host.user_ending = HANGS;
	w->stop_after = 3;
	assert_int_equal(world_check(w, &e), ERR_INTERRUPTED);
	w->stop_after = 0;
	host.user_ending = RETURNS;
	world_expect(w, "");
}

static void an_offline_root_has_no_live_kinds(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	memset(&host, 0, sizeof host);
	host.users = "a";
	host.groups = "";
	world_policy(w, policy);
	w->options.root = w->dir;
	assert_int_equal(world_init(w, false, &e), 0);
	assert_int_equal(w->summary.entities[kind_user.id], 1);
	assert_int_equal(w->summary.entities[kind_module.id], 0);
}

static void one_kind_alone_may_be_asked_for(void **state)
{
	struct world *w = begin(state, "a", "g");

	host.users = "b";
	host.groups = "h";
	w->options.kind = &kind_group;
	world_expect(w, "deleted g\ncreated h\n");
	w->options.kind = NULL;
	world_expect(w, "deleted a\ncreated b\n");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
