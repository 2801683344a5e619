/* Hints for files of several names, whichever of them was used. On the kernel this runs on. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../check.h"
#include "files_place.h"

/* Others on this host make links, too. */
static bool is_of(const struct notice *n, const struct stat *st)
{
	return n->type == NOTICE_OTHER_NAME && n->other_name.inode == st->st_ino &&
	       n->other_name.device == ((uint64_t)major(st->st_dev) << 32 | minor(st->st_dev));
}

static bool is_told(struct bench *b, const char *path)
{
	int64_t until = clock_monotonic() + LIMIT;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	for (size_t i = 0; clock_monotonic() < until;) {
		if (i == b->n)
			bench_next(b, 500);
		else if (is_of(&b->notice[i++], &st))
			return true;
	}
	return false;
}

/* A file gets another name, somewhere: which file that is, is told; of what only looks like it
 * nothing. When the collector has found out which watched name it has, a write by the other one is
 * heard of. */
static void another_name_is_made(void **state)
{
	struct bench b;
	struct stat x, z;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("touch sel/x out/y");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("touch out/new; rm out/new; mv out/y out/z; chmod 600 out/z; ln sel/x out/other");
	assert_true(is_told(&b, "sel/x"));
	assert_true(stat("sel/x", &x) == 0 && stat("out/z", &z) == 0);
	for (size_t i = 0; i < b.n; i++)
		assert_false(is_of(&b.notice[i], &z));
	bench_request(&b,
		&(struct request){ .type = REQUEST_LINKED, .text = span_of(full("sel/x")) });
	bench_request(&b, &(struct request){ .type = REQUEST_COUNTS });
	assert_non_null(bench_type(&b, NOTICE_COUNTS));
	bench_forget(&b);
	act("echo x >> out/other");
	assert_non_null(bench_hint(&b, full("sel/x")));
	for (size_t i = 0; i < b.n; i++)
		assert_false(is_of(&b.notice[i], &x));
	bench_stop(&b);
	leave(false);
}

/* A name that was used and is gone before the watcher looks counts, too, and so does one of what is
 * not a regular file. */
static void another_name_was_used(void **state)
{
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("touch sel/x; mkfifo sel/fifo");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	kill(b.pid, SIGSTOP);
	act("ln sel/x out/other; echo x >> out/other; rm out/other");
	kill(b.pid, SIGCONT);
	assert_true(is_told(&b, "sel/x"));
	act("ln sel/fifo out/fifo");
	assert_true(is_told(&b, "sel/fifo"));
	bench_stop(&b);
	leave(false);
}

/* A name that is made where somebody looks is known by that, wherever it moves. */
static void a_new_name_is_known_at_once(void **state)
{
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("touch out/x; mkdir sel/in");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("ln out/x sel/in/new");
	assert_non_null(bench_hint(&b, full("sel/in/new")));
	bench_forget(&b);
	act("echo x >> out/x");
	assert_non_null(bench_hint(&b, full("sel/in/new")));
	act("mv sel/in sel/on; mv sel/on/new sel/on/moved");
	assert_non_null(bench_hint_exact(&b, full("sel/on/moved")));
	bench_forget(&b);
	act("chmod 600 out/x");
	assert_non_null(bench_hint_exact(&b, full("sel/on/moved")));
	bench_stop(&b);
	leave(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_name_is_made),
		cmocka_unit_test(another_name_was_used),
		cmocka_unit_test(a_new_name_is_known_at_once),
	};

	return cmocka_run_group_tests(tests, alone, cleanup);
}
