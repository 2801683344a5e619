/* How much a hint covers, and when all has been told that was heard of. On the kernel this runs on.
 */
#include <signal.h>

#include "../check.h"
#include "files_place.h"

static void settled_by(struct watch_setup setup)
{
	const struct notice *n;
	struct bench b;
	char name[64];
	unsigned heard = 0;

	enter(false);
	bench_start(&b, rules(RULE("base: %s/sel"), folder), setup);
	assert_non_null(bench_type(&b, NOTICE_READY));
	kill(b.pid, SIGSTOP);
	act("cd sel; touch $(seq 1000); mv 1000 x.tmp");
	bench_request(&b, &(struct request){ .type = REQUEST_SETTLE, .pid = 7 });
	kill(b.pid, SIGCONT);
	n = bench_type(&b, NOTICE_SETTLED);
	assert_non_null(n);
	assert_int_equal(n->settled, 7);
	for (size_t i = 0; &b.notice[i] < n; i++)
		heard += b.notice[i].type == NOTICE_HINT;
	assert_true(heard >= 1001);
	for (int i = 1; i < 1000; i += 37) {
		snprintf(name, sizeof name, "sel/%d", i);
		assert_true(bench_hint_exact(&b, full(name)) < n);
	}
	assert_true(bench_hint_exact(&b, full("sel/x.tmp")) < n);
	bench_stop(&b);
	leave(false);
}

/* All that was done before one asks is told before the answer, however long it would rest. */
static void settled(void **state)
{
	(void)state;
	if (leave_out())
		return;
	settled_by((struct watch_setup){ 0 });
	settled_by((struct watch_setup){ .no_fanotify = true });
}

/* What is in a folder that is made was made by whoever its own events say; one that is moved in
 * comes with all it holds. */
static void folders(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir -p out/full/of; touch out/full/of/f");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("mkdir sel/made");
	n = bench_hint_exact(&b, full("sel/made"));
	assert_non_null(n);
	assert_false(n->hint.below);
	act("mv out/full sel/moved");
	n = bench_hint_exact(&b, full("sel/moved"));
	assert_non_null(n);
	assert_true(n->hint.below);
	bench_stop(&b);
	leave(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settled),
		cmocka_unit_test(folders),
	};

	return cmocka_run_group_tests(tests, alone, cleanup);
}
