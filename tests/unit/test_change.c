#include "../check.h"
#include "change/change.h"
#include "entity/file.h"

static struct record *some_record(struct arena *a, const char *path, uint64_t mode)
{
	struct record *r = record_new(a, &kind_file);

	r->key = span_of(path);
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_number(r, FILE_MODE, mode);
	record_set_time(r, FILE_MTIME, -7);
	record_set_number(r, FILE_INODE, 42);
	return r;
}

static void round_trip(struct arena *a, const struct ledger_record *r, struct ledger_record *ret)
{
	AUTO(buf) once = BUF_INIT(1 << 20);
	AUTO(buf) twice = BUF_INIT(1 << 20);
	struct err e = { 0 };

	ledger_record_encode(r, &once);
	assert_false(once.full);
	assert_int_equal(ledger_record_decode(buf_span(&once), a, ret, &e), 0);
	ledger_record_encode(ret, &twice);
	assert_true(span_same(buf_span(&once), buf_span(&twice)));
	assert_int_equal(ret->type, r->type);
	assert_int_equal(ret->time, r->time);
	assert_false(ret->chained);
}

#define ASSERT_SPAN(a, b) assert_true(span_same(a, b))

static void a_change_comes_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span tags[] = { span_of("pci"), span_of("attack.T1098") };
	struct ledger_record back, r = { .type = RECORD_CHANGE, .time = -3 };
	struct change *c = &r.change;

	(void)state;
	c->type = CHANGE_RENAMED;
	c->observed = OBSERVED_SCAN;
	c->kind = &kind_file;
	c->key = span_from("/a\0b\xff", 5);
	c->old_key = span_of("/old");
	c->fields = field_bit(FILE_MODE) | field_bit(FILE_EXTENTS);
	c->was = some_record(a, "/old", 0644);
	c->is = some_record(a, "/new", 04755);
	c->subtree = 1234567;
	c->rule = span_of("web");
	c->severity = SEVERITY_CRITICAL;
	c->tags = tags;
	c->n_tags = 2;
	c->verdict = VERDICT_COSMETIC;
	c->card = span_of("01JDB");
	c->who_unknown = span_of("nobody looked");
	round_trip(a, &r, &back);

	assert_int_equal(back.change.type, CHANGE_RENAMED);
	assert_int_equal(back.change.observed, OBSERVED_SCAN);
	assert_ptr_equal(back.change.kind, &kind_file);
	ASSERT_SPAN(back.change.key, c->key);
	ASSERT_SPAN(back.change.old_key, c->old_key);
	assert_true(back.change.fields == c->fields);
	assert_true(record_diff(back.change.was, c->was) == 0);
	assert_true(record_diff(back.change.is, c->is) == 0);
	ASSERT_SPAN(back.change.was->key, c->old_key);
	ASSERT_SPAN(back.change.is->key, c->key);
	assert_true(back.change.subtree == c->subtree);
	ASSERT_SPAN(back.change.rule, c->rule);
	assert_int_equal(back.change.severity, SEVERITY_CRITICAL);
	assert_int_equal(back.change.n_tags, 2);
	ASSERT_SPAN(back.change.tags[1], tags[1]);
	assert_int_equal(back.change.verdict, VERDICT_COSMETIC);
	ASSERT_SPAN(back.change.card, c->card);
	ASSERT_SPAN(back.change.who_unknown, c->who_unknown);
}

static void created_has_no_was_and_deleted_no_is(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct ledger_record back, r = { .type = RECORD_CHANGE };

	(void)state;
	r.change.kind = &kind_file;
	r.change.key = span_of("/x");
	r.change.type = CHANGE_CREATED;
	r.change.is = some_record(a, "/x", 0600);
	round_trip(a, &r, &back);
	assert_null(back.change.was);
	assert_non_null(back.change.is);

	r.change.type = CHANGE_DELETED;
	r.change.was = r.change.is;
	r.change.is = NULL;
	round_trip(a, &r, &back);
	assert_null(back.change.is);
	ASSERT_SPAN(back.change.was->key, span_of("/x"));
}

static void the_others_come_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct ledger_record back, r = { .type = RECORD_GAP, .time = 1 };

	(void)state;
	r.gap = (struct gap_note){ &kind_file, span_of("/g"), true, span_of("io"), span_of("no") };
	round_trip(a, &r, &back);
	ASSERT_SPAN(back.gap.key, r.gap.key);
	assert_true(back.gap.subtree);
	ASSERT_SPAN(back.gap.reason, r.gap.reason);
	ASSERT_SPAN(back.gap.text, r.gap.text);

	r = (struct ledger_record){ .type = RECORD_DECISION };
	r.decision = (struct decision){ span_of("approve"), span_of("because"), span_of("alice"),
		span_of("all"), 9, { 1 }, { [31] = 2 } };
	round_trip(a, &r, &back);
	ASSERT_SPAN(back.decision.reason, r.decision.reason);
	ASSERT_SPAN(back.decision.selection, r.decision.selection);
	assert_true(back.decision.items == 9);
	assert_memory_equal(back.decision.to_root, r.decision.to_root, 32);

	r = (struct ledger_record){ .type = RECORD_COVERAGE };
	r.coverage = (struct coverage){ span_of("scan full"), span_of("everything"), 5, 6, 7, 8, 9,
		10, { 1 }, { 2 } };
	round_trip(a, &r, &back);
	assert_true(back.coverage.from == 5 && back.coverage.to == 6);
	assert_true(back.coverage.entities == 7 && back.coverage.bytes == 8);
	assert_true(back.coverage.gaps == 9 && back.coverage.changes == 10);
	assert_memory_equal(back.coverage.policy, r.coverage.policy, 32);

	r = (struct ledger_record){ .type = RECORD_NOTE };
	r.note = (struct note){ span_of("what"), span_of("a sentence") };
	round_trip(a, &r, &back);
	ASSERT_SPAN(back.note.text, r.note.text);
}

static void a_loss_and_its_repair_come_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct ledger_record back, r = { .type = RECORD_LOSS, .time = 1 };

	(void)state;
	r.loss = (struct loss_note){ span_of("fanotify"), &kind_file, span_of("/srv"), 5, 6, 7,
		span_of("full") };
	round_trip(a, &r, &back);
	ASSERT_SPAN(back.loss.means, r.loss.means);
	assert_ptr_equal(back.loss.kind, &kind_file);
	ASSERT_SPAN(back.loss.scope, r.loss.scope);
	assert_true(back.loss.from == 5 && back.loss.to == 6 && back.loss.count == 7);
	ASSERT_SPAN(back.loss.text, r.loss.text);
	r.loss.kind = NULL;
	round_trip(a, &r, &back);
	assert_null(back.loss.kind);

	r = (struct ledger_record){ .type = RECORD_REPAIR };
	r.repair = (struct repair_note){ 1, 2, 3, 4, 5, span_of("looked again") };
	round_trip(a, &r, &back);
	assert_true(back.repair.loss == 1 && back.repair.from == 2 && back.repair.to == 3);
	assert_true(back.repair.entities == 4 && back.repair.changes == 5);
	ASSERT_SPAN(back.repair.text, r.repair.text);
}

static void who_did_it_comes_back(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const struct span argv[] = { span_of("vim"), span_of("x") };
	const struct who_ancestor ancestry[] = { { 890, 0, 1, span_of("/usr/bin/bash"), 0 } };
	struct who who = { .pid = 911,
		.uid = 0,
		.login_uid = 1000,
		.session = 3,
		.exe = span_of("/usr/bin/vim"),
		.argv = argv,
		.n_argv = 2,
		.ancestry = ancestry,
		.n_ancestry = 1,
		.others = 2,
		.means = span_of("bpf") };
	struct ledger_record back, r = { .type = RECORD_CHANGE, .time = 1 };

	(void)state;
	r.change.kind = &kind_file;
	r.change.key = span_of("/x");
	r.change.type = CHANGE_CREATED;
	r.change.is = some_record(a, "/x", 0600);
	r.change.observed = OBSERVED_RECOVERED;
	r.change.happened = 1234567890123456789;
	r.change.who = &who;
	round_trip(a, &r, &back);
	assert_true(back.change.happened == r.change.happened);
	assert_int_equal(back.change.observed, OBSERVED_RECOVERED);
	assert_non_null(back.change.who);
	assert_int_equal(back.change.who->pid, 911);
	assert_int_equal(back.change.who->login_uid, 1000);
	ASSERT_SPAN(back.change.who->exe, who.exe);
	assert_int_equal(back.change.who->n_argv, 2);
	ASSERT_SPAN(back.change.who->ancestry[0].exe, ancestry[0].exe);
	assert_int_equal(back.change.who->others, 2);
}

#define BODY(s) \
	{ \
		s, sizeof s - 1 \
	}

static void what_does_not_follow_the_format_is_refused(void **state)
{
	static const struct {
		const char *what;
		struct span body;
		int code;
	} cases[] = {
		{ "nothing", { "", 0 }, ERR_FORMAT },
		{ "no map", BODY("\x80"), ERR_FORMAT },
		{ "no type", BODY("\xa0"), ERR_FORMAT },
		{ "time before type", BODY("\xa1\x01\x05"), ERR_FORMAT },
		{ "a type of tomorrow", BODY("\xa1\x00\x17"), ERR_VERSION },
		{ "a change without a kind", BODY("\xa1\x00\x00"), ERR_FORMAT },
		{ "a kind of tomorrow", BODY("\xa2\x00\x00\x02\x18\xfe"), ERR_VERSION },
		{ "a change without sides", BODY("\xa3\x00\x00\x02\x01\x03\x41/"), ERR_FORMAT },
		{ "a gap without a kind", BODY("\xa1\x00\x01"), ERR_FORMAT },
		{ "sides before the kind", BODY("\xa2\x00\x00\x08\x82\x41\xa0\x41\xa0"),
			ERR_FORMAT },
		{ "a digest too short", BODY("\xa2\x00\x04\x07\x41x"), ERR_FORMAT },
		{ "bytes behind the end", BODY("\xa1\x00\x06\x00"), ERR_FORMAT },
		{ "keys out of order", BODY("\xa3\x00\x06\x03\x41x\x02\x41x"), ERR_FORMAT },
		{ "a note", BODY("\xa2\x00\x06\x02\x41x"), 0 },
		{ "a key of tomorrow", BODY("\xa2\x00\x06\x18\x63\x82\x01\x02"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct ledger_record r;
		struct err e = { 0 };

		if (ledger_record_decode(cases[i].body, a, &r, &e) != cases[i].code)
			fail_msg("%s: %d %s", cases[i].what, e.code, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_comes_back),
		cmocka_unit_test(created_has_no_was_and_deleted_no_is),
		cmocka_unit_test(the_others_come_back),
		cmocka_unit_test(a_loss_and_its_repair_come_back),
		cmocka_unit_test(who_did_it_comes_back),
		cmocka_unit_test(what_does_not_follow_the_format_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
