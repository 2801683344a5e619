/* The table of processes, fed by hand. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/buf.h"
#include "host/bpf_trace.h"
#include "watch/process/process_table.h"
#include "watch/process/process_tally.h"

#define TICK UINT64_C(10000000)
#define SECOND UINT64_C(1000000000)

static struct seen process(uint32_t pid, uint64_t start, uint32_t parent, const char *exe)
{
	return (struct seen){ .pid = pid,
		.start = start,
		.parent = parent,
		.uid = 0,
		.login_uid = UINT32_MAX,
		.session = UINT32_MAX,
		.cgroup = 7,
		.unit = span_of("a.service"),
		.exe = span_of(exe),
		.args = exe ? span_from(exe, strlen(exe) + 1) : SPAN_NONE };
}

static struct life *forked(struct process_table *t, uint32_t pid, uint64_t start, uint32_t parent)
{
	struct seen s = process(pid, start, parent, NULL);

	return process_table_fork(t, &s);
}

static struct life *began(struct process_table *t, uint32_t pid, uint64_t start, const char *exe,
	uint64_t at)
{
	struct seen s = process(pid, start, 0, exe);

	return process_table_exec(t, &s, at);
}

static struct process_table *with_init(size_t bytes)
{
	struct process_table *t = process_table_new(bytes, TICK);
	struct seen s = process(1, SECOND, 0, "/sbin/init");

	process_table_sweep(t);
	assert_non_null(process_table_running(t, &s));
	process_table_ran(t, 2 * SECOND);
	return t;
}

static void test_generations(void **state)
{
	struct process_table *t = with_init(1 << 20);
	struct life *first, *second, *l;

	(void)state;
	first = forked(t, 50, 10 * SECOND, 1);
	began(t, 50, 10 * SECOND, "/bin/one", 10 * SECOND + 1);
	assert_ptr_equal(process_table_exit(t, 50, 10 * SECOND, 11 * SECOND), first);
	second = forked(t, 50, 12 * SECOND, 1);
	assert_ptr_not_equal(first, second);
	began(t, 50, 12 * SECOND, "/bin/two", 12 * SECOND + 1);

	/* Told of while the first lived, the second had not begun. */
	assert_int_equal(process_table_find(t, 50, 10 * SECOND + 5, HOLD_NOTHING, &l),
		PROCESS_FOUND);
	assert_ptr_equal(l, first);
	/* Shortly after the change of hands both may be meant. */
	assert_int_equal(process_table_find(t, 50, 13 * SECOND, HOLD_NOTHING, &l), PROCESS_TWO);
	assert_int_equal(process_table_find(t, 50, 13 * SECOND, HOLD_LIVING, &l), PROCESS_FOUND);
	assert_ptr_equal(l, second);
	assert_int_equal(process_table_find(t, 50, 13 * SECOND, HOLD_GONE, &l), PROCESS_FOUND);
	assert_ptr_equal(l, first);
	/* Later only the second. */
	assert_int_equal(process_table_find(t, 50, 20 * SECOND, HOLD_NOTHING, &l), PROCESS_FOUND);
	assert_ptr_equal(l, second);
	assert_int_equal(process_table_find(t, 51, 20 * SECOND, HOLD_NOTHING, &l), PROCESS_NEVER);

	/* A child keeps the parent it had, not who has the number now. */
	assert_ptr_equal(process_table_get(t, 50, 10 * SECOND), first);
	process_table_free(t);
}

static void test_parents(void **state)
{
	struct process_table *t = with_init(1 << 20);
	struct life *child, *shell;

	(void)state;
	shell = forked(t, 60, 10 * SECOND, 1);
	began(t, 60, 10 * SECOND, "/bin/sh", 10 * SECOND + 1);
	child = forked(t, 61, 11 * SECOND, 60);
	assert_ptr_equal(child->image, shell->image);
	process_table_exit(t, 60, 10 * SECOND, 12 * SECOND);
	forked(t, 60, 13 * SECOND, 1); /* the number is used again */
	assert_ptr_equal(process_table_parent(t, child), shell);
	assert_ptr_equal(process_table_parent(t, shell), process_table_get(t, 1, 0));
	assert_null(process_table_parent(t, process_table_get(t, 1, 0)));

	/* The image at the time of an act. */
	began(t, 61, 11 * SECOND, "/bin/ls", 14 * SECOND);
	assert_true(span_is(process_table_image(child, 13 * SECOND)->exe, "/bin/sh"));
	assert_true(span_is(process_table_image(child, 15 * SECOND)->exe, "/bin/ls"));
	process_table_free(t);
}

/* A chain of execs: each is known, and of a long one the first, while it is young. */
static void test_chain(void **state)
{
	static const char *const names[] = { "/a", "/b", "/c", "/d", "/e", "/f", "/g" };
	struct process_table *t = with_init(1 << 20);
	struct life *l;
	const struct past *x;
	size_t before = process_table_numbers(t).bytes;

	(void)state;
	forked(t, 60, 10 * SECOND, 1);
	l = began(t, 60, 10 * SECOND, "/evil", 11 * SECOND);
	assert_true(l->past && !l->past->own); /* what it had from its parent */
	for (size_t i = 0; i < 2; i++)
		began(t, 60, 10 * SECOND, names[i], 11 * SECOND + i + 1);
	assert_true(span_is(l->image->exe, "/b"));
	assert_true(span_is(l->past->image->exe, "/a") && l->past->own);
	assert_true(l->past->until == 11 * SECOND + 2);
	assert_true(span_is(l->past->older->image->exe, "/evil"));
	assert_true(span_is(process_table_image(l, 11 * SECOND)->exe, "/evil"));
	assert_true(span_is(process_table_image(l, 11 * SECOND + 1)->exe, "/a"));
	assert_true(span_is(process_table_image(l, 10 * SECOND + 1)->exe, "/sbin/init"));
	for (size_t i = 2; i < ARRAY_LEN(names); i++)
		began(t, 60, 10 * SECOND, names[i], 11 * SECOND + i + 1);
	x = l->past;
	assert_true(span_is(x->image->exe, "/f"));
	for (unsigned n = 1; n < PAST_MAX; n++)
		x = x->older;
	assert_null(x->older);
	assert_true(span_is(x->image->exe, "/evil"));
	assert_true(l->past_cut);
	/* long ago: then it is as good as forgotten */
	began(t, 60, 10 * SECOND, "/late", 60 * SECOND);
	for (x = l->past; x->older;)
		x = x->older;
	assert_false(span_is(x->image->exe, "/evil"));
	process_table_exit(t, 60, 0, 61 * SECOND);
	assert_true(process_table_numbers(t).bytes > before);
	process_table_free(t);
}

/* What is told twice (as one that runs, and by the fork that comes out of the queue behind it). */
static void test_twice(void **state)
{
	struct process_table *t = with_init(1 << 20);
	struct seen s = process(70, 10 * SECOND + 3, 1, "/bin/x");
	struct life *l = process_table_running(t, &s), *again;

	(void)state;
	again = forked(t, 70, 10 * SECOND + 7, 1); /* the same tick */
	assert_ptr_equal(l, again);
	assert_true(span_is(l->image->exe, "/bin/x"));
	assert_int_equal(process_table_numbers(t).living, 2);

	/* Lost: whoever is not told of again is gone, whoever began since is not. */
	process_table_sweep(t);
	s = process(1, SECOND, 0, "/sbin/init");
	process_table_running(t, &s);
	forked(t, 71, 30 * SECOND, 1);
	process_table_ran(t, 20 * SECOND);
	assert_true(l->ended != 0);
	assert_true(process_table_get(t, 71, 0)->ended == 0);
	assert_null(process_table_exit(t, 70, 10 * SECOND, 21 * SECOND));
	process_table_free(t);
}

static void test_alike(void **state)
{
	struct process_table *t = with_init(1 << 20);
	struct life *a, *b;

	(void)state;
	forked(t, 80, 10 * SECOND, 1);
	a = began(t, 80, 10 * SECOND, "/bin/web", 11 * SECOND);
	assert_int_equal(process_table_alike(t, a, a->image), 1);
	b = forked(t, 81, 12 * SECOND, 80);
	assert_int_equal(process_table_alike(t, a, a->image), 2);
	began(t, 81, 12 * SECOND, "/bin/other", 13 * SECOND);
	assert_int_equal(process_table_alike(t, a, a->image), 1);
	assert_int_equal(process_table_alike(t, b, b->image), 1);
	process_table_exit(t, 80, 10 * SECOND, 14 * SECOND);
	assert_int_equal(process_table_alike(t, a, a->image), 0);
	process_table_free(t);
}

/* In which group it is, where nobody knows the one it is in now. */
static void test_group_unknown(void **state)
{
	struct process_table *t = with_init(1 << 20);
	struct seen s = process(85, 10 * SECOND, 1, "/bin/short");
	struct life *l = forked(t, 85, 10 * SECOND, 1);

	(void)state;
	assert_true(span_is(l->group->unit, "a.service"));
	s.cgroup = 8;
	s.unit = SPAN_NONE;
	s.group_unknown = true;
	assert_ptr_equal(process_table_exec(t, &s, 11 * SECOND), l);
	assert_null(l->group); /* not its parent's */

	/* what /proc told stays */
	s = process(86, 12 * SECOND, 1, "/bin/long");
	s.cgroup = 0;
	s.cgroup_set = 5;
	l = process_table_running(t, &s);
	s.cgroup = 9;
	s.group_unknown = true;
	process_table_better(t, l, &s);
	assert_true(span_is(l->group->unit, "a.service"));
	process_table_free(t);
}

#define MANY 50000U
#define BYTES ((size_t)2 << 20)

/* Whatever happens, no more than its bytes; the oldest of the gone give way, and who has living
 * children stays. */
static void test_bounds(void **state)
{
	struct process_table *t = with_init(BYTES);
	struct life *child;
	uint64_t at = 10 * SECOND;

	(void)state;
	forked(t, 90, at, 1);
	began(t, 90, at, "/bin/login", at + 1);
	forked(t, 91, at + SECOND, 90);
	process_table_exit(t, 90, at, at + 2 * SECOND);
	for (uint32_t i = 0; i < MANY; i++, at += TICK) {
		assert_non_null(forked(t, 100 + i, at, 1));
		began(t, 100 + i, at, "/usr/bin/short", at + 1);
		process_table_exit(t, 100 + i, at, at + 2);
		assert_in_range(process_table_numbers(t).bytes, 1, BYTES + 4096);
	}
	assert_null(process_table_get(t, 100, 0));
	assert_non_null(process_table_get(t, 100 + MANY - 1, 0));
	child = process_table_get(t, 91, 0);
	assert_true(span_is(process_table_parent(t, child)->image->exe, "/bin/login"));

	/* All that live: refused, and counted. */
	for (uint32_t i = 0; i < MANY; i++)
		forked(t, 200000 + i, at, 1);
	assert_true(process_table_numbers(t).refused > 0);
	assert_in_range(process_table_numbers(t).bytes, 1, BYTES + 4096);
	process_table_free(t);
}

static void test_tally(void **state)
{
	struct tally t = { 0 };
	uint32_t n[512] = { 0 };

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned k = (unsigned)rand() % 512;
		uint64_t key = (uint64_t)(k % 8 + 1) * 1024 + k; /* many begin at one place */

		if (rand() % 2 || !n[k]) {
			tally_add(&t, key);
			n[k]++;
		} else {
			tally_remove(&t, key);
			n[k]--;
		}
		assert_int_equal(tally_of(&t, key), n[k]);
	}
	for (unsigned k = 0; k < 512; k++)
		assert_int_equal(tally_of(&t, (uint64_t)(k % 8 + 1) * 1024 + k), n[k]);
	tally_done(&t);
}

/* Names as they come out of the kernel: from the file up. */
static void test_path(void **state)
{
	static const struct {
		const char *names;
		size_t n;
		const char *path;
	} rows[] = {
		{ "vim\0bin\0usr", 12, "/usr/bin/vim" },
		{ "memfd:x", 8, "/memfd:x" },
		{ "a", 2, "/a" },
	};
	char path[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(
			bpf_trace_path(span_from(rows[i].names, rows[i].n), path, sizeof path, &n));
		assert_true(span_is(span_from(path, n), rows[i].path));
	}
	assert_false(bpf_trace_path(SPAN_NONE, path, sizeof path, &n));
	assert_false(bpf_trace_path(span_from("vim\0bin\0usr", 12), path, 11, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_group_unknown),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
