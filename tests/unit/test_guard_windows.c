/* Rooms that crash, hang and fail on Windows, where they run in our own program begun again. */
#include <stdlib.h>
#include <windows.h>

#include "change/guard.h"
#include "core/hex.h"
#include "entity/group.h"
#include "entity/user.h"
#include "fake.h"
#include "host/host.h"

#define USERS "INVAR_TEST_USERS" /* one letter, one entity; the process that looks inherits it */
#define ENDING "INVAR_TEST_ENDING"
#define DEADLINE_MS 2000

static const char *said(const char *name, char ret[32])
{
	DWORD n = GetEnvironmentVariableA(name, ret, 32);

	ret[n < 32 ? n : 0] = '\0';
	return ret;
}

static void say(const char *name, const char *value)
{
	assert_true(SetEnvironmentVariableA(name, value));
}

static int scan_users(struct scan *s, struct err *e)
{
	char names[32], ending[32];

	for (const char *n = said(USERS, names); *n; n++) {
		struct record *r = record_new(scan_arena(s), &kind_user);

		r->key = arena_copy(scan_arena(s), span_from(n, 1));
		scan_emit(s, r);
	}
	switch (said(ENDING, ending)[0]) {
	case 'f':
		return err_set(e, ERR_FORMAT, "not an account");
	case 'c':
		RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
		break;
	case 'h':
		Sleep(INFINITE);
		break;
	case 'l':
		ExitProcess(3);
	default:
		break;
	}
	return 0;
}

/* Says that the secret of this installation came along: by a digest keyed with it. */
static int scan_groups(struct scan *s, struct err *e)
{
	struct record *r = record_new(scan_arena(s), &kind_group);
	AUTO(buf) text = BUF_INIT(80);
	uint8_t digest[SHA256_SIZE];

	(void)e;
	host_keyed(scan_host(s), span_of("group"), digest);
	hex_add(&text, span_from(digest, 4));
	r->key = arena_copy(scan_arena(s), buf_span(&text));
	scan_emit(s, r);
	return 0;
}

static const struct sensor sensor_users = { .kind = &kind_user,
	.source = "test",
	.scan = scan_users };
static const struct sensor sensor_groups = { .kind = &kind_group,
	.source = "test",
	.scan = scan_groups };
const struct sensor *const sensors[] = { &sensor_fake, &sensor_users, &sensor_groups, NULL };

static const char policy[] = "version: 1\n"
			     "rules:\n"
			     "  - { id: users, kind: user, exclude: [\"z*\"] }\n"
			     "  - { id: groups, kind: group }\n";

static struct world *begin(void **state, const char *users)
{
	struct world *w = *state;
	struct err e = { 0 };

	say(USERS, users);
	say(ENDING, "-");
	world_policy(w, policy);
	w->options.deadline_ms = DEADLINE_MS;
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void rooms_run_in_our_program_begun_again(void **state)
{
	struct world *w = begin(state, "cazb");

	assert_int_equal(w->summary.entities[kind_user.id], 3); /* the policy came along: no z */
	assert_int_equal(w->summary.entities[kind_group.id], 1);
	world_expect(w, "");
	say(USERS, "bcd");
	world_expect(w, "deleted a\ncreated d\n");
	world_expect(w, "");
}

/* Nothing of the kind is taken for deleted; the kind behind it is observed by the next process. */
static void an_ending_costs_the_kind_a_gap(void **state)
{
	static const struct {
		const char *ending, *lines, *later;
	} cases[] = {
		{ "fails", "created d\ngap  **\n", "deleted a\ndeleted c\n" },
		{ "crashes", "gap  **\n", "deleted a\ndeleted c\ncreated d\n" },
		{ "hangs", "gap  **\n", "deleted a\ndeleted c\ncreated d\n" },
		{ "leaves", "gap  **\n", "deleted a\ndeleted c\ncreated d\n" },
	};
	struct world *w = begin(state, "abc");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		say(USERS, "bd");
		say(ENDING, cases[i].ending);
		world_expect(w, cases[i].lines);
		say(ENDING, "-");
		world_expect(w, cases[i].later);
		say(USERS, "abc");
		world_expect(w, "created a\ncreated c\ndeleted d\n");
	}
}

static void a_user_may_interrupt_a_room(void **state)
{
	struct world *w = begin(state, "abc");
	struct err e = { 0 };

	w->options.deadline_ms = 60000;
	say(ENDING, "hangs");
	w->stop_after = 3;
	assert_int_equal(world_check(w, &e), ERR_INTERRUPTED);
	w->stop_after = 0;
	say(ENDING, "-");
	world_expect(w, "");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rooms_run_in_our_program_begun_again, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(an_ending_costs_the_kind_a_gap, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(a_user_may_interrupt_a_room, world_setup,
			world_teardown),
	};
	int status;

	if (guard_serves(argc, argv, &status))
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
