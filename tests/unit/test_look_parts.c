/* Looks at some rows of a kind whose room can look at no more: that of WMI, whose queries are dear.
 */
#include "entity/wmi.h"
#include "fake.h"

static const char *class_now[2]; /* of the rows of the rules a and b; NULL: there is none */

static int scan_rows(struct scan *s, struct err *e)
{
	const struct scan_options *o = scan_options(s);

	(void)e;
	for (unsigned i = 0; i < 2; i++) {
		const char *keys[] = { "a:row", "b:row" };
		struct record *r = record_new(scan_arena(s), &kind_wmi);
		bool asked = !o->below;

		for (size_t at = 0; at < o->n_below; at++)
			asked = asked || span_starts(span_of(keys[i]), o->below[at]);
		if (!asked || !class_now[i])
			continue;
		r->key = span_of(keys[i]);
		record_set_bytes(r, WMI_CLASS, span_of(class_now[i]));
		scan_emit(s, r);
	}
	return 0;
}

static const struct sensor sensor_rows = {
	.kind = &kind_wmi, .source = "rows", .scan = scan_rows, .parts = true
};
const struct sensor *const sensors[] = { &sensor_rows, NULL };

static int hear(void *ctx, const struct ledger_record *r, struct err *e)
{
	return world_hear(ctx, r, e);
}

static void expect_look(struct world *w, const char *key, bool below, const char *lines)
{
	struct look_again look = { .kind = &kind_wmi, .key = span_of(key), .below = below };
	struct buf heard = BUF_INIT(1 << 20);
	struct check_listener l = { .ctx = &heard, .record = hear };
	struct err e = { 0 };

	if (pipeline_look(w->store, w->policy, &w->options, &look, 1, &l, &w->summary, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&heard), lines);
	buf_done(&heard);
}

static struct world *begin(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	world_policy(w, "version: 1\nrules:\n"
			"  - { id: a, kind: wmi, query: SELECT Name FROM A }\n"
			"  - { id: b, kind: wmi, query: SELECT Name FROM B }\n");
	class_now[0] = class_now[1] = "Old";
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void one_rule_and_no_other(void **state)
{
	struct world *w = begin(state);

	class_now[0] = "New";
	class_now[1] = "New";
	expect_look(w, "a:", true, "updated a:row class\n");
	class_now[0] = NULL;
	class_now[1] = NULL;
	expect_look(w, "b:", true, "deleted b:row\n");
	world_expect(w, "deleted a:row\n");
}

static void all_of_them(void **state)
{
	struct world *w = begin(state);

	class_now[0] = class_now[1] = "New";
	expect_look(w, "", false, "updated a:row class\nupdated b:row class\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_rule_and_no_other, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(all_of_them, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
