#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "core/attr.h"
#include "core/buf.h"
#include "os/names.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "toor:x:0:0:second of the same number:/root:/bin/sh\n"
			     "\n# comment\nno-number:x::0::/:\nshort:x\n:x:5:5:no name:/:\n"
			     "minus:x:-1:0::/:\nplus:x:+7:0::/:\nbig:x:4294967296:0::/:\n"
			     "hex:x:0x10:0::/:\nlong:x:00000000000000000001:0::/:\n"
			     "nobody:x:65534:65534\n"
			     "largest:x:4294967295:0::/:\n"
			     "\xff\x1b[2J:x:77:0::/:\n"
			     "last:x:1000:1000::/:/bin/sh";
static const char group[] = "wheel:x:0:root\nusers:x:100:\n";

static const struct {
	uint32_t id;
	const char *user, *group;
} cases[] = {
	{ 0, "root", "wheel" },
	{ 1, "", "" },
	{ 5, "", "" },
	{ 7, "", "" },
	{ 16, "", "" },
	{ 77, "\xff\x1b[2J", "" },
	{ 100, "", "users" },
	{ 1000, "last", "" },
	{ 65534, "nobody", "" },
	{ 4294967295, "largest", "" },
};

static void check_cases(const struct names *n)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(span_is(names_user(n, cases[i].id), cases[i].user));
		assert_true(span_is(names_group(n, cases[i].id), cases[i].group));
	}
}

static void first_line_of_a_number_names_it(void **state)
{
	AUTO_FREE(names) n = names_from(span_of(passwd), span_of(group));

	(void)state;
	check_cases(n);
}

static void a_name_never_holds_a_nul(void **state)
{
	static const char text[] = "a\0b:x:1:\nc:x:2:";
	AUTO_FREE(names) n = names_from(span_from(text, sizeof text - 1), SPAN_NONE);

	(void)state;
	assert_true(span_is(names_user(n, 1), ""));
	assert_true(span_is(names_user(n, 2), "c"));
	assert_true(span_is(names_group(n, 2), ""));
	assert_true(span_is(names_user(NULL, 0), ""));
}

static void many_users_are_all_found(void **state)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(names) n = NULL;
	char want[32];

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		buf_addf(&text, "u%u:x:%u:0::/:\n", i * 7919 % 5000, i * 7919 % 5000);
	n = names_from(buf_span(&text), SPAN_NONE);
	for (uint32_t i = 0; i < 5000; i++) {
		snprintf(want, sizeof want, "u%u", i);
		assert_true(span_is(names_user(n, i), want));
	}
	assert_true(span_is(names_user(n, 5000), ""));
}

/* ---- names_load ---- */

struct root {
	char path[256];
	int fd;
};

static void root_done(struct root *r)
{
	static const char *const made[] = { "etc/passwd", "etc/group", "real", "etc" };

	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		if (unlinkat(r->fd, made[i], 0) < 0)
			unlinkat(r->fd, made[i], AT_REMOVEDIR);
	close(r->fd);
	rmdir(r->path);
}

static void root_init(struct root *r)
{
	const char *folder = getenv("TMPDIR");

	snprintf(r->path, sizeof r->path, "%s/invar-test-XXXXXX", folder ? folder : "/var/tmp");
	assert_non_null(mkdtemp(r->path));
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(r->fd >= 0);
}

static void put(const struct root *r, const char *name, const char *text)
{
	int fd = openat(r->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void a_root_without_files_has_no_names(void **state)
{
	AUTO(root) r = { .fd = -1 };
	AUTO_FREE(names) n = NULL;
	struct err e = { 0 };

	(void)state;
	root_init(&r);
	assert_int_equal(names_load(&n, r.fd, &e), 0);
	assert_true(span_is(names_user(n, 0), ""));
	assert_int_equal(e.code, 0);
}

static void names_are_read_below_the_root(void **state)
{
	AUTO(root) r = { .fd = -1 };
	AUTO_FREE(names) n = NULL;
	struct err e = { 0 };

	(void)state;
	root_init(&r);
	assert_int_equal(mkdirat(r.fd, "etc", 0700), 0);
	put(&r, "real", passwd);
	put(&r, "etc/group", group);
	/* An absolute link and one that climbs: both stay in the root. */
	assert_int_equal(symlinkat("/../../real", r.fd, "etc/passwd"), 0);
	assert_int_equal(names_load(&n, r.fd, &e), 0);
	check_cases(n);
}

static void odd_files_are_errors_and_never_block(void **state)
{
	AUTO(root) r = { .fd = -1 };
	struct names *n = NULL;
	struct err e = { 0 };
	int fd;

	(void)state;
	root_init(&r);
	assert_int_equal(mkdirat(r.fd, "etc", 0700), 0);
	assert_int_equal(mkfifoat(r.fd, "etc/passwd", 0600), 0);
	assert_int_equal(names_load(&n, r.fd, &e), ERR_FORMAT);
	assert_int_equal(unlinkat(r.fd, "etc/passwd", 0), 0);

	assert_int_equal(mkdirat(r.fd, "etc/passwd", 0700), 0);
	assert_int_equal(names_load(&n, r.fd, &e), ERR_FORMAT);
	assert_int_equal(unlinkat(r.fd, "etc/passwd", AT_REMOVEDIR), 0);

	fd = openat(r.fd, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)NAMES_BYTES_MAX + 1), 0);
	assert_int_equal(names_load(&n, r.fd, &e), ERR_LIMIT);
	assert_int_equal(ftruncate(fd, (off_t)NAMES_BYTES_MAX), 0);
	close(fd);
	assert_null(n);
	assert_int_equal(names_load(&n, r.fd, &e), 0);
	names_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_line_of_a_number_names_it),
		cmocka_unit_test(a_name_never_holds_a_nul),
		cmocka_unit_test(many_users_are_all_found),
		cmocka_unit_test(a_root_without_files_has_no_names),
		cmocka_unit_test(names_are_read_below_the_root),
		cmocka_unit_test(odd_files_are_errors_and_never_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
