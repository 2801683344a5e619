/* Of a listener the owner is known: nobody else is named. */
#include "../check.h"
#include "change/owner.h"
#include "entity/list.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/service.h"

#define SAME(a, b) assert_true(span_same(a, b))

static struct record *port_of(struct arena *a, const char *pid, const char *exe)
{
	struct record *r = record_new(a, &kind_port);
	struct span pids[] = { span_of(pid) }, exes[] = { span_of(exe) };

	record_set_list(r, PORT_PIDS, a, pids, 1);
	record_set_list(r, PORT_EXE, a, exes, 1);
	return r;
}

static void owner_settle__names_only_the_owner(void **state)
{
	static const struct {
		const char *what;
		uint32_t pid;
		const char *exe;
		uint32_t parent, also_pid;
		const char *also_exe;
		bool cut, came, went; /* known of one that came; of one that is gone */
		uint32_t named;
	} cases[] = {
		{ "it has it open", 7, "/bin/nc", 2, 9, "/bin/sleep", false, true, true, 7 },
		{ "somebody else came last", 9, "/bin/sleep", 2, 7, "/bin/nc", false, true, true,
			7 },
		{ "another one of its program came last", 5, "/bin/nc", 2, 7, "/bin/nc", false,
			true, true, 7 },
		{ "it has it open, and others are not named", 7, "/bin/nc", 2, 9, "/bin/sleep",
			true, true, true, 7 },
		{ "its heir", 5, "/bin/nc", 7, 9, "/bin/sleep", false, false, true, 5 },
		{ "its heir, or somebody who is not named", 5, "/bin/nc", 7, 9, "/bin/sleep", true,
			false, false, 5 },
		{ "its child", 5, "/bin/cat", 7, 9, "/bin/sleep", false, false, false, 5 },
		{ "only its program", 5, "/bin/nc", 2, 9, "/bin/sleep", false, false, false, 5 },
		{ "nobody of them", 9, "/bin/sleep", 2, 10, "/bin/cat", false, false, false, 9 },
	};

	(void)state;
	for (size_t k = 0; k < 2 * ARRAY_LEN(cases); k++) {
		AUTO_FREE(arena) a = arena_new();
		size_t i = k / 2;
		bool gone = k % 2, known = gone ? cases[i].went : cases[i].came;
		const struct who_ancestor parent = { .pid = cases[i].parent };
		struct who_also also = { .relation = WHO_TOO,
			.pid = cases[i].also_pid,
			.exe = span_of(cases[i].also_exe) };
		struct who who = { .pid = cases[i].pid,
			.exe = span_of(cases[i].exe),
			.ancestry = &parent,
			.n_ancestry = 1,
			.also = &also,
			.n_also = 1,
			.also_cut = cases[i].cut,
			.others = 1 };
		struct change c = { .kind = &kind_port };

		*(gone ? &c.was : &c.is) = port_of(a, "7", "/bin/nc");
		assert_int_equal(owner_settle(&c, a, &who) == NULL, known);
		assert_int_equal(who.pid, known ? cases[i].named : cases[i].pid);
		if (known) {
			assert_int_equal(who.n_also, 0);
			assert_int_equal(who.others, 0);
		}
	}
}

/* What is kept of one of the others, and that the rest is not; of the same process all of it. */
static void owner_settle__tells_what_was_not_kept(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const struct who_ancestor parent = { .pid = 2 };
	const struct who_also others[] = { { .relation = WHO_TOO,
						   .pid = 7,
						   .uid = 0,
						   .user = span_of("root"),
						   .exe = span_of("/bin/sh") },
		{ .relation = WHO_BEFORE, .pid = 7, .uid = WHO_NONE, .exe = span_of("/bin/nc") } };
	struct who last = { .pid = 9,
		.exe = span_of("/bin/sleep"),
		.user = span_of("bob"),
		.ancestry = &parent,
		.n_ancestry = 1,
		.others = 1 };
	struct change c = { .kind = &kind_port, .is = port_of(a, "7", "/bin/nc") };
	struct who who = last;

	(void)state;
	who.also = others;
	who.n_also = ARRAY_LEN(others);
	assert_null(owner_settle(&c, a, &who));
	assert_int_equal(who.pid, 7);
	assert_int_equal(who.uid, 0);
	SAME(who.user, span_of("root"));
	SAME(who.exe, span_of("/bin/nc"));
	assert_int_equal(who.n_ancestry, 0);
	assert_true(who.ancestry_cut);
	who = last;
	who.pid = 7;
	who.also = &others[1];
	who.n_also = 1;
	who.others = 0;
	assert_null(owner_settle(&c, a, &who));
	SAME(who.exe, span_of("/bin/nc"));
	SAME(who.user, span_of("bob"));
	assert_int_equal(who.n_ancestry, 1);
	assert_false(who.ancestry_cut);
	assert_int_equal(who.n_also, 0);
}

static void owner_why__tells_of_an_end_only_where_something_ended(void **state)
{
	static const char *const ends[] = { WHO_PROGRAM_ENDED, WHO_ENDED_WITH, WHO_CLOSED };
	static const enum change_type came[] = { CHANGE_CREATED, CHANGE_UPDATED, CHANGE_RENAMED };
	struct change c = { .kind = &kind_port, .type = CHANGE_DELETED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		c.type = CHANGE_DELETED;
		SAME(owner_why(&c, span_of(ends[i])), span_of(ends[i]));
		for (size_t k = 0; k < ARRAY_LEN(came); k++) {
			c.type = came[k];
			SAME(owner_why(&c, span_of(ends[i])), span_of(OWNER_NOBODY_TOLD));
		}
	}
	SAME(owner_why(&c, span_of("it was gone")), span_of("it was gone"));
	assert_true(owner_why(&c, SPAN_NONE).n > 0);
}

static void owner_settle__names_nobody_for_how_a_service_runs(void **state)
{
	static const struct {
		enum change_type type;
		uint64_t fields;
		bool known;
	} cases[] = {
		{ CHANGE_UPDATED, UINT64_C(1) << SERVICE_STATE, false },
		{ CHANGE_UPDATED, UINT64_C(1) << SERVICE_STATE | UINT64_C(1) << SERVICE_RESULT,
			false },
		{ CHANGE_UPDATED, UINT64_C(1) << SERVICE_ENABLED, true },
		{ CHANGE_UPDATED, UINT64_C(1) << SERVICE_STATE | UINT64_C(1) << SERVICE_SHA256,
			true },
		{ CHANGE_CREATED, 0, true },
		{ CHANGE_DELETED, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct who who = { .pid = 7, .exe = span_of("/bin/touch") };
		struct change c = { .kind = &kind_service,
			.type = cases[i].type,
			.fields = cases[i].fields };

		assert_int_equal(owner_settle(&c, a, &who) == NULL, cases[i].known);
		assert_int_equal(who.pid, 7);
	}
}

/* Several users run one program, and hints of it are told under one name. */
static void owner_settle__puts_no_program_down_to_another_user(void **state)
{
	static const struct {
		const char *user, *unit;
		uint32_t also_pid;
		const char *also_user;
		bool known;
		uint32_t named, others;
	} cases[] = {
		{ "root", "", 9, "root", false, 5, 0 },
		{ "root", "", 7, "root", true, 7, 0 }, /* it dropped its rights later */
		{ "root", "", 9, "nobody", true, 9, 0 },
		{ "nobody", "", 9, "root", true, 5, 0 },
		{ "nobody", "", 9, "nobody", true, 5, 1 },
		{ "nobody", "other.service", 9, "root", false, 5, 0 },
		{ "nobody", "some.service", 9, "root", true, 5, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct record *r = record_new(a, &kind_process);
		struct span pids[] = { span_of("7") };
		struct who_also also = { .relation = WHO_TOO,
			.pid = cases[i / 2].also_pid,
			.user = span_of(cases[i / 2].also_user) };
		struct who who = { .pid = 5,
			.user = span_of(cases[i / 2].user),
			.unit = span_of(cases[i / 2].unit),
			.also = &also,
			.n_also = 1,
			.others = 1 };
		struct change c = { .kind = &kind_process };

		record_set_list(r, PROCESS_PIDS, a, pids, 1);
		record_set_bytes(r, PROCESS_USER, span_of("nobody"));
		record_set_bytes(r, PROCESS_UNIT, span_of("some.service"));
		if (i % 2)
			c.was = r;
		else
			c.is = r;
		assert_int_equal(owner_settle(&c, a, &who) == NULL, cases[i / 2].known);
		assert_int_equal(who.pid, cases[i / 2].named);
		if (cases[i / 2].known)
			assert_int_equal(who.others, cases[i / 2].others);
	}
}

static void owner_settle__leaves_other_kinds_alone(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct who who = { .pid = 1, .others = 3 };
	struct change c = { .kind = kind_find(span_of("user")) };

	(void)state;
	assert_null(owner_settle(&c, a, &who));
	assert_int_equal(who.others, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_settle__names_only_the_owner),
		cmocka_unit_test(owner_settle__tells_what_was_not_kept),
		cmocka_unit_test(owner_why__tells_of_an_end_only_where_something_ended),
		cmocka_unit_test(owner_settle__names_nobody_for_how_a_service_runs),
		cmocka_unit_test(owner_settle__puts_no_program_down_to_another_user),
		cmocka_unit_test(owner_settle__leaves_other_kinds_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
