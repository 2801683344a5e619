/* A baseline comes back as it was; any other byte in it is found. */
#include "core/mem.h"
#include "world.h"

static int make_file(struct store *s, const char *name)
{
	struct baseline_info info = {
		.host = span_of("web7"),
		.program = span_of("invar test"),
		.policy = span_of("rules: []\n"),
		.time = -17,
		.ledger_seq = 3,
	};
	struct tree_root root;
	int fd = open(scratch_file(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	OK(store_root_get(s, ROOT_APPROVED, &root, &e));
	OK(baseline_export(s, &root, &info, fd, &e));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int count_entry(void *ctx, const struct tree_entry *entry, struct err *e)
{
	(void)e;
	assert_true(entry->key.n > 0);
	(*(int *)ctx)++;
	return 0;
}

static void baseline_read__gives_back_what_was_exported(void **state)
{
	AUTO_FREE(store) s = NULL;
	AUTO_FREE(arena) a = arena_new();
	struct baseline_info info;
	struct tree_root root;
	uint8_t key[SEAL_KEY_BYTES];
	int n = 0, fd;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	fd = make_file(s, "base");
	OK(baseline_read(fd, &info, a, count_entry, &n, &e));
	close(fd);
	assert_int_equal(n, WORLD_ENTRIES);
	OK(store_root_get(s, ROOT_APPROVED, &root, &e));
	assert_memory_equal(&info.root, &root, sizeof(root));
	assert_true(span_is(info.host, "web7"));
	assert_true(span_is(info.program, "invar test"));
	assert_true(span_is(info.policy, "rules: []\n"));
	assert_true(info.time == -17);
	assert_int_equal(info.ledger_seq, 3);
	OK(seal_public_key(s, key, &e));
	assert_memory_equal(info.public_key, key, sizeof(key));
}

static size_t read_all(int fd, char *p, size_t n)
{
	ssize_t got = pread(fd, p, n, 0);

	assert_true(got > 0);
	return (size_t)got;
}

static void baseline_export__gives_the_same_bytes_again(void **state)
{
	AUTO_FREE(store) s = NULL;
	static char a[1 << 16], b[1 << 16];
	size_t n;
	int one, two;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	one = make_file(s, "one");
	two = make_file(s, "two");
	n = read_all(one, a, sizeof(a));
	assert_int_equal(read_all(two, b, sizeof(b)), n);
	assert_memory_equal(a, b, n);
	close(one);
	close(two);
}

static int read_fd(int fd)
{
	struct err why;
	int rc;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	rc = baseline_read(fd, NULL, NULL, NULL, NULL, &why);
	if (rc != 0 && rc != ERR_DAMAGED && rc != ERR_VERSION)
		fail_msg("%d %s", rc, why.text);
	return rc;
}

static void baseline_read__finds_every_changed_byte(void **state)
{
	AUTO_FREE(store) s = NULL;
	static char bytes[1 << 16];
	size_t n;
	int fd;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	fd = make_file(s, "base");
	n = read_all(fd, bytes, sizeof(bytes));
	for (size_t i = 0; i < n; i += i < 400 || i > n - 120 ? 1 : 29) {
		char other = (char)(bytes[i] ^ 1 << i % 8);

		assert_int_equal(pwrite(fd, &other, 1, (off_t)i), 1);
		if (read_fd(fd) == 0)
			fail_msg("byte %zu", i);
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
	}
	assert_int_equal(read_fd(fd), 0);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)n), 1);
	assert_int_equal(read_fd(fd), ERR_DAMAGED);
	for (size_t cut = 1; cut < n; cut += 331) {
		assert_int_equal(ftruncate(fd, (off_t)(n - cut)), 0);
		assert_int_equal(read_fd(fd), ERR_DAMAGED);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(baseline_read__gives_back_what_was_exported),
		cmocka_unit_test(baseline_export__gives_the_same_bytes_again),
		cmocka_unit_test(baseline_read__finds_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
