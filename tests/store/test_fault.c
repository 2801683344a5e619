/* Every call that writes, syncs, cuts, renames or removes fails in turn, once and from then on:
 * afterwards the state is the old one or the new one. The calls are ours: symbols of the program
 * come before those of the C library, for SQLite too. */
#include <errno.h>
#include <sys/syscall.h>

#include "world.h"

static long calls, fail_at; /* fail_at 0: nothing fails */
static bool for_good;
static int fail_with;

static bool fails(void)
{
	calls++;
	if (!fail_at || calls < fail_at || (calls > fail_at && !for_good))
		return false;
	errno = fail_with;
	return true;
}

#define STAND_IN(type, name, params) \
	type stand_in_##name params __asm__(#name) __attribute__((visibility("default"))); \
	type stand_in_##name params

STAND_IN(ssize_t, write, (int fd, const void *p, size_t n))
{
	return fails() ? -1 : syscall(SYS_write, fd, p, n);
}

STAND_IN(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at))
{
	return fails() ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

STAND_IN(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at))
{
	return fails() ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

STAND_IN(int, fsync, (int fd))
{
	return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

STAND_IN(int, fdatasync, (int fd))
{
	return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

STAND_IN(int, ftruncate, (int fd, off_t n))
{
	return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

STAND_IN(int, ftruncate64, (int fd, off_t n))
{
	return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

STAND_IN(int, renameat, (int from, const char *old, int to, const char *new))
{
	return fails() ? -1 : (int)syscall(SYS_renameat, from, old, to, new);
}

STAND_IN(int, unlink, (const char *path))
{
	return fails() ? -1 : (int)syscall(SYS_unlink, path);
}

static void faults_off(void)
{
	fail_at = 0;
}

static void fault(long n, bool good, int with)
{
	calls = 0;
	fail_at = n;
	for_good = good;
	fail_with = with;
}

static void check_committed(struct store *s, int rc, unsigned wanted)
{
	unsigned version = world_check(s);

	if (rc == 0)
		assert_int_equal(version, wanted);
	else
		assert_true(version == wanted || version + 1 == wanted);
}

/* One commit with its n-th call failing. True when it got that far. */
static bool commit_with_fault(long n, bool good, int with)
{
	struct store *s = NULL;
	struct err why = { 0 };
	long seen;
	int rc;

	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	fault(n, good, with);
	rc = world_step(s, 1, &why);
	seen = calls;
	if (rc < 0 && rc != ERR_WRITE && rc != ERR_SYSTEM)
		fail_msg("call %ld: %d %s", n, rc, why.text);
	/* Closing writes, too, and cannot say that it failed. */
	store_close(s);
	faults_off();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	check_committed(s, rc, 1);
	store_close(s);
	return seen >= n;
}

static void store_commit__is_all_or_nothing(void **state)
{
	static const int codes[] = { EIO, ENOSPC };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(codes); k++)
		for (int good = 0; good < 2; good++) {
			long n = 1;

			while (commit_with_fault(n, good, codes[k]))
				n++;
			/* A log frame is a header and a page; there are some, and a sync. */
			if (n < 8)
				fail_msg("only %ld calls were seen", n);
		}
}

/* After a failure that passes, the same handle can go on. */
static void store_commit__can_be_tried_again(void **state)
{
	bool reached = true;

	(void)state;
	for (long n = 1; reached; n++) {
		struct store *s = NULL;
		struct err why;
		int rc;

		world_make();
		OK(store_open(&s, scratch, STORE_WRITE, &e));
		fault(n, false, ENOSPC);
		rc = world_step(s, 1, &why);
		reached = calls >= n;
		faults_off();
		if (rc < 0)
			OK(world_step(s, 1, &e));
		check_committed(s, 0, 1);
		store_close(s);
	}
}

static void store_open__makes_a_whole_store_or_none(void **state)
{
	bool reached = true;

	(void)state;
	for (long n = 1; reached; n++) {
		for (int good = 0; good < 2; good++) {
			struct store *s = NULL;
			struct err why;
			int rc;

			scratch_empty();
			fault(n, good, EIO);
			rc = store_open(&s, scratch, STORE_CREATE, &why);
			reached = calls >= n;
			store_close(s);
			faults_off();
			s = NULL;
			if (rc < 0)
				assert_true(rc == ERR_SYSTEM || rc == ERR_WRITE);
			OK(store_open(&s, scratch, STORE_CREATE, &e));
			OK(world_step(s, 0, &e));
			assert_int_equal(world_check(s), 0);
			store_close(s);
		}
	}
}

static bool collect_with_fault(long n)
{
	struct store *s = NULL;
	struct err why;
	bool reached;
	int rc;

	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	for (unsigned v = 1; v < 8; v++)
		OK(world_step(s, v, &e));
	fault(n, true, EIO);
	rc = store_collect(s, NULL, &why);
	reached = calls >= n;
	store_close(s);
	faults_off();
	assert_true(rc == 0 || rc == ERR_SYSTEM || rc == ERR_WRITE);
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	assert_int_equal(world_check(s), 7);
	store_close(s);
	return reached;
}

static void store_collect__loses_nothing(void **state)
{
	(void)state;
	for (long n = 1; collect_with_fault(n); n++)
		assert_true(n < 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_commit__is_all_or_nothing),
		cmocka_unit_test(store_commit__can_be_tried_again),
		cmocka_unit_test(store_open__makes_a_whole_store_or_none),
		cmocka_unit_test(store_collect__loses_nothing),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
