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

static struct world *begin(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	small_host();
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void init_approves_what_it_sees(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, current;
	AUTO(buf) policy = BUF_INIT(1 << 20);
	AUTO(buf) wanted = BUF_INIT(1 << 20);
	struct err e;

	assert_string_equal(buf_text(&w->log), "decision init 8\n");
	assert_true(w->summary.entities[kind_file.id] == 8);
	world_roots(w, &approved, &current);
	assert_memory_equal(approved.full, current.full, DIGEST_BYTES);
	assert_true(approved.count == 8);
	assert_int_equal(store_value_get(w->store, "policy", &policy, &e), 0);
	policy_print(w->policy, &wanted);
	assert_true(span_same(buf_span(&policy), buf_span(&wanted)));
	assert_string_equal(world_ledger(w, RECORD_COVERAGE),
		"coverage scan full, everything, 8\n");
	world_expect(w, "");
	world_expect_drift(w, "");
}

static void init_replaces_only_when_told(void **state)
{
	struct world *w = begin(state);
	struct tree_root before, after, current;
	struct err e = { 0 };

	world_roots(w, &before, &current);
	fake_write("/etc/a", 100);
	assert_int_equal(world_init(w, false, &e), ERR_EXISTS);
	world_roots(w, &after, &current);
	assert_memory_equal(before.full, after.full, DIGEST_BYTES);
	assert_int_equal(world_init(w, true, &e), 0);
	world_expect_drift(w, "");
	assert_string_equal(world_ledger(w, RECORD_DECISION), "decision init 8\ndecision init 8\n");
}

static void check_without_a_baseline_says_so(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	assert_int_equal(world_check(w, &e), ERR_MISSING);
}

static void each_kind_of_change_is_found_once(void **state)
{
	struct world *w = begin(state);

	fake_write("/etc/a", 100);
	fake_chmod("/etc/sub/c", 0600);
	fake_remove("/etc/b");
	fake_put("/etc/sub/e", FILE_REGULAR);
	world_expect(w, "updated /etc/a size sha256 mtime\n"
			"deleted /etc/b\n"
			"updated /etc/sub/c mode\n"
			"created /etc/sub/e\n");
	assert_true(w->summary.changes[CHANGE_UPDATED] == 2);
	world_expect(w, "");
	world_expect_drift(w, "updated /etc/a size sha256 mtime\n"
			      "deleted /etc/b\n"
			      "updated /etc/sub/c mode\n"
			      "created /etc/sub/e\n");
	fake_chmod("/etc/sub/c", 0644);
	world_expect(w, "updated /etc/sub/c mode\n");
	world_expect_drift(w, "updated /etc/a size sha256 mtime\n"
			      "deleted /etc/b\n"
			      "created /etc/sub/e\n");
}

static void a_replaced_type_is_an_update(void **state)
{
	struct world *w = begin(state);

	fake_put("/etc/a", FILE_DIRECTORY);
	fake_put("/etc/a/new", FILE_REGULAR);
	world_expect(w, "updated /etc/a type mode size sha256 mtime\ncreated /etc/a/new\n");
}

static void what_no_rule_watches_is_taken_in_silence(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, before, after;

	world_roots(w, &approved, &before);
	fake_find("/etc/a")->ctime = 12345;
	fake_find("/etc/b")->inode = 777;
	world_expect(w, "");
	world_roots(w, &approved, &after);
	assert_memory_not_equal(before.full, after.full, DIGEST_BYTES);
	assert_memory_equal(before.id, after.id, DIGEST_BYTES);
	world_expect_drift(w, "");
}

static int keep_first(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct ledger_record *r = ctx, x;
	static struct arena *a;

	if (!a)
		a = arena_new();
	if (ledger_record_decode(entry->body, a, &x, e) < 0)
		return e->code;
	if (x.type == RECORD_CHANGE)
		*r = x;
	return 0;
}

static void a_change_carries_its_rule(void **state)
{
	struct world *w = begin(state);
	struct ledger_record r = { 0 };
	struct err e;

	fake_chmod("/www/x", 0777);
	world_expect(w, "updated /www/x mode\n");
	assert_int_equal(ledger_read(w->store, 1, 1000, false, keep_first, &r, &e), 0);
	assert_true(span_is(r.change.rule, "web"));
	assert_int_equal(r.change.severity, SEVERITY_HIGH);
	assert_int_equal(r.change.n_tags, 1);
	assert_true(span_is(r.change.tags[0], "pci.11"));
	assert_true(r.change.card.n == 26);
	assert_true(r.change.who_unknown.n > 0);
	assert_int_equal(r.change.was->v[FILE_MODE].number, 0644);
	assert_int_equal(r.change.is->v[FILE_MODE].number, 0777);
	fake_write("/www/x", 4);
	world_expect(w, "updated /www/x size sha256 mtime\n");
	assert_int_equal(ledger_read(w->store, 1, 1000, false, keep_first, &r, &e), 0);
	assert_true(span_is(r.change.rule, "all"));
}

static void a_moved_file_is_renamed(void **state)
{
	struct world *w = begin(state);

	fake_move("/etc/a", "/etc/sub/a");
	world_expect(w, "renamed /etc/a > /etc/sub/a\n");
	world_expect(w, "");
	world_expect_drift(w, "renamed /etc/a > /etc/sub/a\n");
	fake_chmod("/etc/sub/a", 0600);
	world_expect(w, "updated /etc/sub/a mode\n");
	world_expect_drift(w, "renamed /etc/a > /etc/sub/a mode\n");
}

static void an_inode_used_again_is_no_rename(void **state)
{
	struct world *w = begin(state);
	uint64_t inode = fake_find("/etc/a")->inode;

	fake_remove("/etc/a");
	fake_put("/etc/z", FILE_REGULAR)->inode = inode;
	world_expect(w, "deleted /etc/a\ncreated /etc/z\n");
}

static void a_moved_folder_is_one_change(void **state)
{
	struct world *w = begin(state);

	fake_put("/etc/sub/deep", FILE_DIRECTORY);
	fake_put("/etc/sub/deep/f", FILE_REGULAR);
	world_expect(w, "created /etc/sub/deep\ncreated /etc/sub/deep/f\n");
	fake_move("/etc/sub", "/bus");
	world_expect(w, "renamed /etc/sub > /bus +4\n");
	world_expect(w, "");
}

static void what_differs_in_a_moved_folder_stands_apart(void **state)
{
	struct world *w = begin(state);

	fake_put("/etc/sub/e", FILE_REGULAR);
	world_expect(w, "created /etc/sub/e\n");
	fake_move("/etc/sub", "/etc/bus");
	fake_chmod("/etc/bus/c", 0600);
	fake_remove("/etc/bus/d");
	fake_put("/etc/bus/new", FILE_REGULAR);
	world_expect(w, "renamed /etc/sub > /etc/bus +1\n"
			"renamed /etc/sub/c > /etc/bus/c mode\n"
			"created /etc/bus/new\n"
			"deleted /etc/sub/d\n");
}

static void a_name_that_stays_makes_no_rename(void **state)
{
	struct world *w = begin(state);

	fake_link("/etc/a", "/etc/a2");
	world_expect(w, "created /etc/a2\n");
	fake_remove("/etc/a2");
	fake_link("/etc/a", "/www/a3");
	world_expect(w, "deleted /etc/a2\ncreated /www/a3\n");
	fake_move("/etc/a", "/etc/q1");
	fake_move("/www/a3", "/www/q3");
	world_expect(w, "renamed /etc/a > /etc/q1\nrenamed /www/a3 > /www/q3\n");
}

static void names_that_stayed_the_same_belong_together(void **state)
{
	struct world *w = begin(state);

	fake_link("/etc/sub/c", "/etc/0");
	world_expect(w, "created /etc/0\n");
	fake_move("/etc/sub", "/etc/bus");
	fake_remove("/etc/0");
	world_expect(w, "deleted /etc/0\nrenamed /etc/sub > /etc/bus +2\n");
}

static void a_gap_is_no_deletion(void **state)
{
	struct world *w = begin(state);

	fake.gap[0] = (struct fake_gap){ "/etc/sub", true, true };
	fake.gap[1] = (struct fake_gap){ "/etc/a", false, true };
	fake.n_gaps = 2;
	fake_remove("/etc/b");
	fake_remove("/etc/sub/c");
	world_expect(w, "deleted /etc/b\ngap /etc/a\ngap /etc/sub **\n");
	assert_true(w->summary.gaps == 2);
	world_expect(w, "gap /etc/a\ngap /etc/sub **\n");
	fake.n_gaps = 0;
	world_expect(w, "deleted /etc/sub/c\n");
}

static void a_gap_of_one_key_does_not_cover_what_is_below(void **state)
{
	struct world *w = begin(state);

	fake.gap[0] = (struct fake_gap){ "/etc/sub", false, false };
	fake.gap[1] = (struct fake_gap){ "/etc/sub", false, false };
	fake.n_gaps = 2;
	fake_remove("/etc/sub/c");
	world_expect(w, "deleted /etc/sub/c\ngap /etc/sub\n");
}

static void unknown_fields_stay_as_they_were(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, before, after;

	world_roots(w, &approved, &before);
	fake_find("/etc/a")->unknown = field_bit(FILE_SHA256) | field_bit(FILE_OWNER);
	world_expect(w, "");
	world_roots(w, &approved, &after);
	assert_memory_equal(before.full, after.full, DIGEST_BYTES);
	fake_chmod("/etc/a", 0600);
	world_expect(w, "updated /etc/a mode\n");
	fake_find("/etc/a")->unknown = 0;
	world_expect(w, "");
}

static void stamps_that_are_the_same_are_not_read(void **state)
{
	struct world *w = begin(state);

	w->options.trust_stamps = true;
	world_expect(w, "");
	assert_int_equal(fake.read, 0);
	assert_true(w->summary.entities[kind_file.id] == 8);
	fake_write("/etc/a", 100);
	fake_chmod("/etc/sub/c", 0600);
	fake_remove("/etc/b");
	fake_put("/etc/sub/e", FILE_REGULAR);
	fake_move("/etc/sub/d", "/etc/sub/z");
	world_expect(w, "updated /etc/a size sha256 mtime\n"
			"deleted /etc/b\n"
			"updated /etc/sub/c mode\n"
			"created /etc/sub/e\n"
			"renamed /etc/sub/d > /etc/sub/z\n");
	assert_int_equal(fake.read, 4);
	world_expect(w, "");
	assert_int_equal(fake.read, 0);
	assert_non_null(strstr(world_ledger(w, RECORD_COVERAGE), "scan stamps, everything, 8\n"));
}

static void every_part_of_a_stamp_counts(void **state)
{
	struct world *w = begin(state);
	struct fake_file *f = fake_find("/etc/a"), was = *f;

	w->options.trust_stamps = true;
	for (int part = 0; part < 8; part++) {
		*f = was;
		world_check(w, &(struct err){ 0 });
		world_check(w, &(struct err){ 0 });
		assert_int_equal(fake.read, 0);
		f->mode += part == 0;
		f->uid += part == 1;
		f->size += part == 2;
		f->mtime += part == 3;
		f->ctime += part == 4;
		f->btime += part == 5;
		f->inode += part == 6 ? 1000 : 0;
		f->nlink += part == 7;
		world_check(w, &(struct err){ 0 });
		if (fake.read != 1)
			fail_msg("part %d", part);
	}
}

static void content_that_was_not_read_is_tried_again(void **state)
{
	static const uint64_t states[] = { CONTENT_TOO_LARGE, CONTENT_UNREADABLE,
		CONTENT_UNSTABLE };
	struct world *w = begin(state);

	w->options.trust_stamps = true;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		fake_find("/etc/a")->unreadable = states[i];
		fake_find("/etc/a")->ctime = ++fake.now;
		world_check(w, &(struct err){ 0 });
		world_check(w, &(struct err){ 0 });
		assert_int_equal(fake.read, 1);
	}
}

static void late_news_may_be_that_it_is_gone(void **state)
{
	struct world *w = begin(state);

	w->options.trust_stamps = true;
	fake_chmod("/etc/a", 0600);
	fake_find("/etc/a")->gone_late = true;
	fake_chmod("/etc/b", 0600);
	fake_find("/etc/b")->never_late = true;
	fake_put("/etc/z", FILE_REGULAR)->gone_late = true;
	world_expect(w, "deleted /etc/a\n");
}

static void only_what_is_below_is_compared(void **state)
{
	struct world *w = begin(state);

	fake_remove("/etc/a");
	fake_remove("/etc/sub/c");
	fake_chmod("/www/x", 0600);
	w->options.below = w->below;
	w->below[0] = span_of("/etc/sub");
	w->below[1] = span_of("/www");
	w->below[2] = span_of("/etc/sub");
	w->options.n_below = 3;
	world_expect(w, "deleted /etc/sub/c\nupdated /www/x mode\n");
	assert_non_null(strstr(world_ledger(w, RECORD_COVERAGE), "/etc/sub /www /etc/sub, 4\n"));
	w->below[0] = span_of("/");
	w->options.n_below = 1;
	world_expect(w, "deleted /etc/a\n");
}

static void an_interrupted_check_leaves_a_note_only(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, before, after;
	struct err e = { 0 };

	world_roots(w, &approved, &before);
	fake_remove("/etc/a");
	w->stop_after = 1;
	assert_int_equal(world_check(w, &e), ERR_INTERRUPTED);
	world_roots(w, &approved, &after);
	assert_memory_equal(before.full, after.full, DIGEST_BYTES);
	assert_string_equal(world_ledger(w, RECORD_NOTE), "note interrupted\n");
	world_expect(w, "deleted /etc/a\n");
}

static void a_failing_sensor_changes_nothing(void **state)
{
	struct world *w = begin(state);
	struct err e = { 0 };

	fake_remove("/etc/a");
	fake.scan_fails = 1;
	assert_int_equal(world_check(w, &e), ERR_SYSTEM);
	fake.scan_fails = 0;
	fake.disorder = true;
	assert_int_equal(world_check(w, &e), ERR_FORMAT);
	fake.disorder = false;
	world_expect(w, "deleted /etc/a\n");
}

#define RULE(fields) \
	"version: 1\n" \
	"rules:\n" \
	"  - id: all\n" \
	"    severity: low\n" \
	"    kind: file\n" \
	"    base: /\n" \
	"    exclude: [\"private/**\"]\n" \
	"    fields: [" fields "]\n"

static void a_new_policy_makes_no_changes(void **state)
{
	struct world *w = begin(state);

	fake_put("/private", FILE_DIRECTORY);
	fake_put("/private/key", FILE_REGULAR);
	world_expect(w, "");
	world_policy(w, "version: 1\n"
			"rules:\n"
			"  - id: other\n"
			"    kind: file\n"
			"    base: /\n"
			"    exclude: [\"etc/sub/**\"]\n"
			"    fields: [mode, sha256]\n");
	fake_chmod("/etc/a", 0600);
	world_expect(w, "note policy-changed\ndecision policy 2\nupdated /etc/a mode\n");
	assert_true(w->summary.policy_changed);
	assert_int_equal(w->summary.newly_watched, 2);
	assert_int_equal(w->summary.no_longer_watched, 3);
	world_expect(w, "");
	assert_false(w->summary.policy_changed);
	world_expect_drift(w, "updated /etc/a mode\n");
	fake_chmod("/private/key", 0600);
	world_expect(w, "updated /private/key mode\n");
}

static void newly_asked_fields_are_no_change(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	world_policy(w, RULE("mode"));
	small_host();
	assert_int_equal(world_init(w, false, &e), 0);
	fake_chmod("/etc/a", 0600);
	world_expect(w, "updated /etc/a mode\n");
	fake_write("/etc/b", 99);
	world_expect(w, "");
	world_policy(w, RULE("mode, sha256, mtime"));
	w->options.trust_stamps = true;
	world_expect(w, "note policy-changed\ndecision policy 5\n");
	assert_true(fake.read >= 5);
	world_expect(w, "");
	world_expect_drift(w, "updated /etc/a mode\nupdated /etc/b mtime\n");
	fake_write("/etc/b", 100);
	world_expect(w, "updated /etc/b sha256 mtime\n");
	world_policy(w, RULE("mode"));
	fake_write("/etc/b", 101);
	world_expect(w, "note policy-changed\n");
	world_expect_drift(w, "updated /etc/a mode\n");
}

static void a_check_of_a_part_does_not_adopt_the_policy(void **state)
{
	struct world *w = begin(state);

	fake_put("/private", FILE_DIRECTORY);
	fake_put("/private/key", FILE_REGULAR);
	world_expect(w, "");
	world_policy(w, "version: 1\n"
			"rules:\n"
			"  - { id: other, kind: file, base: /, fields: [mode] }\n");
	w->options.below = w->below;
	w->below[0] = span_of("/private/key");
	w->options.n_below = 1;
	world_expect(w, "note policy-changed\ndecision policy 1\n");
	w->options.below = NULL;
	fake_chmod("/private/key", 0600);
	world_expect(w, "note policy-changed\ndecision policy 1\nupdated /private/key mode\n");
	assert_int_equal(w->summary.newly_watched, 1);
	world_expect_drift(w, "updated /private/key mode\n");
}

static void what_is_emitted_in_any_order_is_sorted(void **state)
{
	struct world *w = *state;

	fake.emits = true;
	begin(state);
	world_expect(w, "");
	fake_chmod("/etc/a", 0600);
	fake_remove("/etc/sub/c");
	world_expect(w, "updated /etc/a mode\ndeleted /etc/sub/c\n");
	fake.emits = false;
	world_expect(w, "");
}

static void a_stored_policy_nobody_can_read_stops_no_check(void **state)
{
	struct world *w = begin(state);
	struct err e;

	assert_int_equal(store_begin(w->store, &e), 0);
	assert_int_equal(store_value_set(w->store, "policy", span_of("version: 0"), &e), 0);
	assert_int_equal(store_commit(w->store, &e), 0);
	fake_chmod("/etc/a", 0600);
	world_expect(w, "note policy-changed\nupdated /etc/a mode\n");
	world_expect(w, "");
}

static void a_check_of_another_kind_looks_at_nothing(void **state)
{
	static const struct kind other = { .name = "other", .id = 200 };
	struct world *w = begin(state);

	fake_chmod("/etc/a", 0600);
	w->options.kind = &other;
	world_expect(w, "");
	w->options.kind = &kind_file;
	world_expect(w, "updated /etc/a mode\n");
	assert_string_equal(world_ledger(w, RECORD_COVERAGE), "coverage scan full, everything, 8\n"
							      "coverage scan full, kind other, 0\n"
							      "coverage scan full, kind file, 8\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(init_approves_what_it_sees),
		TEST(init_replaces_only_when_told),
		TEST(check_without_a_baseline_says_so),
		TEST(each_kind_of_change_is_found_once),
		TEST(a_replaced_type_is_an_update),
		TEST(what_no_rule_watches_is_taken_in_silence),
		TEST(a_change_carries_its_rule),
		TEST(a_moved_file_is_renamed),
		TEST(an_inode_used_again_is_no_rename),
		TEST(a_moved_folder_is_one_change),
		TEST(what_differs_in_a_moved_folder_stands_apart),
		TEST(a_name_that_stays_makes_no_rename),
		TEST(names_that_stayed_the_same_belong_together),
		TEST(a_gap_is_no_deletion),
		TEST(a_gap_of_one_key_does_not_cover_what_is_below),
		TEST(unknown_fields_stay_as_they_were),
		TEST(stamps_that_are_the_same_are_not_read),
		TEST(every_part_of_a_stamp_counts),
		TEST(content_that_was_not_read_is_tried_again),
		TEST(late_news_may_be_that_it_is_gone),
		TEST(only_what_is_below_is_compared),
		TEST(an_interrupted_check_leaves_a_note_only),
		TEST(a_failing_sensor_changes_nothing),
		TEST(a_new_policy_makes_no_changes),
		TEST(newly_asked_fields_are_no_change),
		TEST(a_check_of_a_part_does_not_adopt_the_policy),
		TEST(what_is_emitted_in_any_order_is_sorted),
		TEST(a_stored_policy_nobody_can_read_stops_no_check),
		TEST(a_check_of_another_kind_looks_at_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
