/* What rules expect, seen from outside: checks, drift and the ledger of a host that is a table. */
#include <stdio.h>

#include "entity/file.h"
#include "fake.h"

const struct sensor *const sensors[] = { &sensor_fake, NULL };

#define RULE(id, severity, base, rest) \
	"  - { id: " id ", severity: " severity ", kind: file, base: " base ", " rest " }\n"
#define POLICY(rules) "version: 1\nrules:\n" rules

static struct world *begin(void **state, const char *policy)
{
	struct world *w = *state;
	struct err e = { 0 };

	world_policy(w, policy);
	fake_put("/log", FILE_DIRECTORY);
	fake_put("/log/a", FILE_REGULAR);
	fake_put("/etc", FILE_DIRECTORY);
	fake_put("/etc/x", FILE_REGULAR);
	fake_put("/etc/bad", FILE_REGULAR);
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void write_to(const char *path, uint64_t size, uint64_t content)
{
	struct fake_file *f = fake_find(path);

	f->size = size;
	f->content = content;
	f->mtime = f->ctime = ++fake.now;
}

/* ---- append-only ---- */

static void grow(void)
{
	write_to("/log/a", 20, 1000);
}

static void touch(void)
{
	write_to("/log/a", 10, fake_find("/log/a")->content);
}

static void shrink(void)
{
	write_to("/log/a", 9, 1000);
}

static void empty(void)
{
	write_to("/log/a", 0, 1000);
}

static void overwrite(void)
{
	write_to("/log/a", 10, 1000);
}

static void replace(void)
{
	grow();
	fake_find("/log/a")->inode = 999;
}

static void grow_and_open(void)
{
	grow();
	fake_chmod("/log/a", 0666);
}

static void grow_unread(void)
{
	grow();
	fake_find("/log/a")->unreadable = CONTENT_TOO_LARGE;
}

static void busy(void)
{
	touch();
	fake_find("/log/a")->unreadable = CONTENT_UNSTABLE;
}

static void make_folder(void)
{
	fake_find("/log/a")->type = FILE_DIRECTORY;
}

static void touch_folder(void)
{
	fake_find("/log")->mtime = ++fake.now;
}

static void add_one(void)
{
	fake_put("/log/b", FILE_REGULAR);
}

static void remove_it(void)
{
	fake_remove("/log/a");
}

static void move_it(void)
{
	fake_move("/log/a", "/log/b");
}

struct edit {
	void (*act)(void);
	const char *lines; /* of the check, and of the drift */
};

static void try_edits(void **state, const char *policy, const struct edit *edits, size_t n)
{
	struct fake was;

	begin(state, policy);
	was = fake;
	for (size_t i = 0; i < n; i++) {
		struct world *w = *state;
		struct err e = { 0 };

		fake = was;
		assert_int_equal(world_init(w, true, &e), 0);
		edits[i].act();
		world_expect(w, edits[i].lines);
		world_expect_drift(w, edits[i].lines);
		world_expect(w, "");
	}
}

static void what_is_appended_is_no_change(void **state)
{
	static const struct edit edits[] = {
		{ grow, "" },
		{ touch, "" },
		{ grow_unread, "" },
		{ busy, "" },
		{ shrink, "updated /log/a size sha256 mtime\n" },
		{ empty, "updated /log/a size sha256 mtime\n" },
		{ overwrite, "updated /log/a sha256\n" },
		{ replace, "updated /log/a size sha256 mtime\n" },
		{ grow_and_open, "updated /log/a mode\n" },
		{ make_folder, "updated /log/a type size sha256\n" },
		{ touch_folder, "updated /log mtime\n" },
		{ add_one, "created /log/b\n" },
		{ remove_it, "deleted /log/a\n" },
		{ move_it, "renamed /log/a > /log/b\n" },
	};

	try_edits(state, POLICY(RULE("log", "low", "/log", "expect: append-only")), edits,
		ARRAY_LEN(edits));
}

static void each_check_measures_from_the_last_one(void **state)
{
	struct world *w = begin(state, POLICY(RULE("log", "low", "/log", "expect: append-only")));
	struct tree_root approved, current;

	write_to("/log/a", 20, 1000);
	world_expect(w, "");
	world_roots(w, &approved, &current);
	assert_memory_not_equal(approved.id, current.id, DIGEST_BYTES);
	write_to("/log/a", 15, 1001);
	world_expect(w, "updated /log/a size sha256 mtime\n");
	/* longer than what was approved */
	world_expect_drift(w, "");
}

struct reported {
	char rule[32];
};

static int read_rule(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct reported *x = ctx;

	(void)e;
	snprintf(x->rule, sizeof x->rule, "%.*s", SPAN_ARG(r->change.rule));
	return 0;
}

static void expect_rule_is(struct world *w, const char *rule)
{
	struct reported x = { 0 };
	struct err e = { 0 };

	assert_int_equal(drift_each(w->store, w->policy, read_rule, &x, &e), 0);
	assert_string_equal(x.rule, rule);
}

static void one_rule_that_minds_is_enough(void **state)
{
	struct world *w = begin(state,
		POLICY(RULE("turn", "critical", "/log", "expect: rotates")
				RULE("log", "critical", "/log", "expect: append-only")
					RULE("size", "low", "/log", "fields: [size, uid]")));

	grow();
	world_expect(w, "updated /log/a size\n");
	expect_rule_is(w, "size");
	fake_chmod("/log/a", 0666);
	world_expect(w, "updated /log/a mode\n");
	world_expect_drift(w, "updated /log/a mode size\n");
	expect_rule_is(w, "turn");
	assert_int_equal(world_approve(w, "all"), 1);
	fake_put("/log/b", FILE_REGULAR);
	world_expect(w, "created /log/b\n");
	expect_rule_is(w, "log");
}

/* ---- rotates ---- */

static void rotate(void)
{
	fake_move("/log/a", "/log/a.1");
	fake_put("/log/a", FILE_REGULAR);
}

static void rotate_and_open(void)
{
	rotate();
	fake_chmod("/log/a", 0666);
	fake_find("/log/a")->uid = 1;
}

static void move_out(void)
{
	fake_move("/log/a", "/etc/a");
}

static void move_in(void)
{
	fake_move("/etc/x", "/log/x");
}

static void what_rotates_is_no_change(void **state)
{
	static const struct edit edits[] = {
		{ rotate, "" },
		{ shrink, "" },
		{ overwrite, "" },
		{ touch_folder, "" },
		{ add_one, "" },
		{ remove_it, "" },
		{ move_it, "" },
		{ grow_unread, "" },
		{ grow_and_open, "updated /log/a mode\n" },
		{ rotate_and_open, "updated /log/a mode uid owner\n" },
		{ make_folder, "updated /log/a type\n" },
		{ move_out, "created /etc/a\n" },
		{ move_in, "deleted /etc/x\n" },
	};

	try_edits(state,
		POLICY(RULE("log", "low", "/log", "expect: rotates, fields: [all, -nlink]")
				RULE("etc", "low", "/etc", "fields: [mode, sha256]")),
		edits, ARRAY_LEN(edits));
}

/* ---- absent ---- */

#define BAD \
	POLICY(RULE("etc", "low", "/etc", "title: t") \
			RULE("bad", "critical", "/etc", "include: [\"**/bad*\"], expect: absent"))

static void init_does_not_approve_what_should_be_absent(void **state)
{
	static const char *const rules[] = {
		"  - { id: bad, kind: file, base: /etc, include: [bad], expect: absent }\n",
		"  - { id: bad, kind: file, base: /etc/bad, expect: absent }\n",
		"  - { id: bad, kind: file, base: [/no, /etc/b?d, /log/no], expect: absent }\n",
		"  - { id: bad, kind: file, base: /, include: [\"**/bad\"], expect: absent }\n",
		RULE("bad", "high", "/etc",
			"include: [{ key: \"*d\", uid: \"0\" }], types: [regular], expect: absent"),
	};
	struct world *w = *state;
	char policy[512];

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct err e = { 0 };

		snprintf(policy, sizeof policy, "%s%s", POLICY(RULE("all", "low", "/", "title: t")),
			rules[i]);
		if (i == 0)
			begin(state, policy);
		world_policy(w, policy);
		assert_int_equal(world_init(w, true, &e), 0);
		assert_string_equal(buf_text(&w->log), "decision init 4\ncreated /etc/bad\n");
		assert_int_equal(w->summary.changes[CHANGE_CREATED], 1);
		world_expect_drift(w, "created /etc/bad\n");
		expect_rule_is(w, "bad");
		world_expect(w, "");
		world_expect_drift(w, "created /etc/bad\n");
	}
}

static void what_should_be_absent_stands_until_it_is_gone(void **state)
{
	struct world *w = begin(state, BAD);

	assert_string_equal(buf_text(&w->log), "decision init 2\ncreated /etc/bad\n");
	write_to("/etc/bad", 20, 1000);
	world_expect(w, "updated /etc/bad size sha256 mtime\n");
	world_expect_drift(w, "created /etc/bad\n");
	fake_remove("/etc/bad");
	world_expect(w, "deleted /etc/bad\n");
	world_expect_drift(w, "");
}

static void what_should_be_absent_stands_until_it_is_approved(void **state)
{
	struct world *w = begin(state, BAD);
	struct err e = { 0 };

	assert_int_equal(world_approve(w, "/etc/bad"), 1);
	world_expect_drift(w, "");
	world_expect(w, "");
	fake_chmod("/etc/bad", 0600);
	world_expect(w, "updated /etc/bad mode\n");
	world_expect_drift(w, "updated /etc/bad mode\n");
	fake_remove("/etc/bad");
	world_expect(w, "deleted /etc/bad\n");
	world_expect_drift(w, "deleted /etc/bad\n");
	fake_put("/etc/bad", FILE_REGULAR);
	world_expect(w, "created /etc/bad\n");
	assert_int_equal(world_approve(w, "/etc/bad"), 1);
	assert_int_equal(world_init(w, true, &e), 0);
	world_expect_drift(w, "created /etc/bad\n");
}

static void a_new_policy_does_not_approve_what_should_be_absent(void **state)
{
	struct world *w = begin(state, POLICY(RULE("etc", "low", "/etc", "exclude: [bad2]")));

	fake_put("/etc/bad2", FILE_REGULAR);
	fake_put("/etc/bad3", FILE_REGULAR);
	world_expect(w, "created /etc/bad3\n");
	fake_chmod("/etc/bad", 0600);
	fake_remove("/etc/bad3");
	world_policy(w, BAD);
	world_expect(w, "note policy-changed\ndecision policy 1\nupdated /etc/bad mode\n"
			"created /etc/bad2\ndeleted /etc/bad3\n");
	world_expect_drift(w, "created /etc/bad\ncreated /etc/bad2\n");
	world_expect(w, "");
	world_expect_drift(w, "created /etc/bad\ncreated /etc/bad2\n");
}

static void what_was_approved_by_name_survives_another_policy(void **state)
{
	struct world *w = begin(state, POLICY(RULE("etc", "low", "/etc", "title: t")));

	world_policy(w, BAD);
	fake_find("/etc/bad")->inode = 999;
	world_expect(w, "note policy-changed\ndecision policy 1\ncreated /etc/bad\n");
	assert_int_equal(world_approve(w, "all"), 1);
	world_policy(w, POLICY(RULE("bad2", "low", "/etc/bad", "expect: absent")));
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, "");
}

static void a_check_of_a_part_approves_it_neither(void **state)
{
	struct world *w = begin(state, POLICY(RULE("etc", "low", "/etc/x", "title: t")));

	world_policy(w, BAD);
	w->options.below = w->below;
	w->below[0] = span_of("/etc/bad");
	w->options.n_below = 1;
	world_expect(w, "note policy-changed\ncreated /etc/bad\n");
	world_expect_drift(w, "created /etc/bad\n");
	assert_int_equal(world_approve(w, "/etc/bad"), 1);
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, "");
}

static void what_should_be_absent_does_not_hide_in_a_moved_folder(void **state)
{
	struct world *w =
		begin(state, POLICY(RULE("all", "low", "/", "title: t") RULE("bad", "critical",
				     "/new", "expect: absent, include: [bad]")));

	fake_move("/etc", "/new");
	world_expect(w, "renamed /etc > /new +1\ndeleted /etc/bad\n"
			"created /new/bad\n");
	assert_int_equal(world_approve(w, "rule:all"), 3);
	world_expect_drift(w, "created /new/bad\n");
	expect_rule_is(w, "bad");
}

/* ---- present ---- */

#define NEEDED \
	POLICY(RULE("all", "low", "/log", "title: t") \
			RULE("need", "high", "[/etc/need, \"/etc/need?\"]", "expect: present"))

struct sentence {
	char text[200];
};

static int read_sentence(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct sentence *x = ctx;
	struct ledger_record r;

	if (ledger_record_decode(entry->body, a, &r, e) < 0)
		return e->code;
	if (r.type == RECORD_NOTE)
		snprintf(x->text, sizeof x->text, "%.*s", SPAN_ARG(r.note.text));
	return 0;
}

static void what_should_be_present_is_missed_until_it_comes(void **state)
{
	struct world *w = begin(state, NEEDED);
	struct sentence x = { 0 };
	struct err e = { 0 };

	assert_string_equal(buf_text(&w->log), "decision init 2\nnote expected-missing\n");
	assert_int_equal(w->summary.missing, 1);
	assert_int_equal(ledger_read(w->store, 1, 1000, false, read_sentence, &x, &e), 0);
	assert_string_equal(x.text, "rule 'need' expects something to be present at '/etc/need', "
				    "'/etc/need?', and nothing is");
	world_expect(w, "note expected-missing\n");
	fake_put("/etc/need1", FILE_REGULAR);
	world_expect(w, "created /etc/need1\n");
	assert_int_equal(w->summary.missing, 0);
	world_expect(w, "");
	fake_remove("/etc/need1");
	world_expect(w, "deleted /etc/need1\n");
	world_expect(w, "note expected-missing\n");
}

static void a_deletion_that_stands_is_enough(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	fake_put("/etc/need", FILE_REGULAR);
	begin(state, NEEDED);
	assert_string_equal(buf_text(&w->log), "decision init 3\n");
	fake_remove("/etc/need");
	world_expect(w, "deleted /etc/need\n");
	world_expect(w, "");
	world_expect_drift(w, "deleted /etc/need\n");
	assert_int_equal(world_approve(w, "all"), 1);
	world_expect(w, "note expected-missing\n");
	fake_put("/etc/need", FILE_REGULAR);
	world_expect(w, "created /etc/need\n");
	assert_int_equal(world_approve(w, "all"), 1);
	fake_remove("/etc/need");
	assert_int_equal(world_init(w, true, &e), 0);
	assert_string_equal(buf_text(&w->log), "decision init 2\nnote expected-missing\n");
}

static void only_what_the_rule_holds_is_present(void **state)
{
	struct world *w =
		begin(state, POLICY(RULE("all", "low", "/", "title: t") RULE("dir", "low", "/etc/x",
				     "expect: present, types: [directory]") RULE("in", "low",
				     "/etc", "expect: present, include: [no, bad]") RULE("none",
				     "low", "/etc", "expect: present, include: [no, bad2]")));

	assert_string_equal(buf_text(&w->log), "decision init 5\nnote expected-missing\n"
					       "note expected-missing\n");
	assert_int_equal(w->summary.missing, 2);
}

static void what_was_not_looked_at_is_not_missed(void **state)
{
	static const struct kind other = { .name = "other", .id = 200 };
	struct world *w = begin(state, NEEDED);
	static const struct {
		struct fake_gap gap;
		const char *lines;
	} cases[] = {
		{ { "/etc", true, false }, "gap /etc **\n" },
		{ { "/etc/need", false, false }, "gap /etc/need\n" },
		{ { "/etc/need/below", true, false }, "gap /etc/need/below **\n" },
		{ { "/log", true, false }, "note expected-missing\ngap /log **\n" },
	};

	fake.n_gaps = 1;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fake.gap[0] = cases[i].gap;
		world_expect(w, cases[i].lines);
	}
	fake.n_gaps = 0;
	w->options.below = w->below;
	w->below[0] = span_of("/log");
	w->options.n_below = 1;
	world_expect(w, "");
	w->below[0] = span_of("/etc");
	world_expect(w, "note expected-missing\n");
	w->options.below = NULL;
	w->options.kind = &other;
	world_expect(w, "");
	w->options.kind = NULL;
	world_policy(w, POLICY(RULE("need", "high", "/etc/need", "expect: present")));
	fake.n_gaps = 1;
	fake.gap[0] = (struct fake_gap){ "/etc", true, false };
	world_expect(w, "note policy-changed\ngap /etc **\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_appended_is_no_change),
		TEST(each_check_measures_from_the_last_one),
		TEST(one_rule_that_minds_is_enough),
		TEST(what_rotates_is_no_change),
		TEST(init_does_not_approve_what_should_be_absent),
		TEST(what_should_be_absent_stands_until_it_is_gone),
		TEST(what_should_be_absent_stands_until_it_is_approved),
		TEST(a_new_policy_does_not_approve_what_should_be_absent),
		TEST(what_was_approved_by_name_survives_another_policy),
		TEST(a_check_of_a_part_approves_it_neither),
		TEST(what_should_be_absent_does_not_hide_in_a_moved_folder),
		TEST(what_should_be_present_is_missed_until_it_comes),
		TEST(a_deletion_that_stands_is_enough),
		TEST(only_what_the_rule_holds_is_present),
		TEST(what_was_not_looked_at_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
