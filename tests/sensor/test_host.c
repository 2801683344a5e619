#include <dirent.h>

#include "room.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "etc/passwd", "root:x:0:0\n");
	room_text(root, "etc/d/b", "b");
	room_text(root, "etc/d/a", "a");
	room_file(root, "etc/d/sub", NULL, 0, 0755);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static struct host *open_root(void)
{
	struct host_options o = { .root = root,
		.secret = (const uint8_t *)"0123456789012345678901234567890" };
	struct host *h;
	struct err e;

	assert_int_equal(host_open(&h, &o, &e), 0);
	return h;
}

static void a_file_is_read_whole(void **state)
{
	AUTO_FREE(host) h = open_root();
	struct span text;
	struct err e;

	(void)state;
	assert_int_equal(host_read(h, "etc/passwd", 100, host_arena(h), &text, &e), 0);
	assert_string_equal(text.p, "root:x:0:0\n");
	assert_int_equal(host_read(h, "/etc/passwd", 11, host_arena(h), &text, &e), 0);
	assert_int_equal(host_read(h, "etc/passwd", 10, host_arena(h), &text, &e), ERR_LIMIT);
	assert_int_equal(host_read(h, "etc/none", 10, host_arena(h), &text, &e), ERR_MISSING);
	assert_int_equal(host_read(h, "etc", 10, host_arena(h), &text, &e), ERR_FORMAT);
}

/* A FIFO without a writer would block its reader for good. */
static void what_is_no_file_is_not_opened(void **state)
{
	AUTO_FREE(host) h = open_root();
	char name[256];
	struct span text;
	struct err e;

	(void)state;
	snprintf(name, sizeof name, "%s/etc/fifo", root);
	assert_int_equal(mkfifo(name, 0644), 0);
	assert_int_equal(host_read(h, "etc/fifo", 10, host_arena(h), &text, &e), ERR_FORMAT);
}

static void links_stay_inside_the_root(void **state)
{
	AUTO_FREE(host) h = open_root();
	char name[256];
	struct span text;
	struct stat st;
	struct err e;

	(void)state;
	snprintf(name, sizeof name, "%s/etc/out", root);
	assert_int_equal(symlink("/etc/passwd", name), 0);
	assert_int_equal(host_read(h, "etc/out", 100, host_arena(h), &text, &e), 0);
	assert_string_equal(text.p, "root:x:0:0\n"); /* the root's own, not this host's */
	assert_int_equal(host_readlink(h, "etc/out", host_arena(h), &text, &e), 0);
	assert_string_equal(text.p, "/etc/passwd");
	assert_int_equal(host_readlink(h, "etc/passwd", host_arena(h), &text, &e), ERR_FORMAT);
	assert_int_equal(host_stat(h, "etc/out", true, &st, &e), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(host_stat(h, "etc/out", false, &st, &e), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_folder_is_listed_in_order(void **state)
{
	AUTO_FREE(host) h = open_root();
	struct host_entry *list;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(host_list(h, "etc/d", 10, host_arena(h), &list, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(list[0].name.p, "a");
	assert_string_equal(list[2].name.p, "sub");
	assert_int_equal(list[2].type, DT_DIR);
	assert_int_equal(host_list(h, "etc/d", 2, host_arena(h), &list, &n, &e), ERR_LIMIT);
	assert_int_equal(host_list(h, "etc/none", 2, host_arena(h), &list, &n, &e), ERR_MISSING);
}

static void a_digest_follows_the_content(void **state)
{
	AUTO_FREE(host) h = open_root();
	uint8_t one[SHA256_SIZE], two[SHA256_SIZE];
	struct err e;

	(void)state;
	sha256_once("a", 1, one);
	assert_int_equal(host_digest(h, "etc/d/a", two, &e), 0);
	assert_memory_equal(one, two, sizeof one);
	assert_int_equal(host_digest(h, "etc/d/a", two, &e), 0);
	assert_memory_equal(one, two, sizeof one);
	room_text(root, "etc/d/a", "aa");
	sha256_once("aa", 2, one);
	assert_int_equal(host_digest(h, "etc/d/a", two, &e), 0);
	assert_memory_equal(one, two, sizeof one);
	for (unsigned i = 0; i < 600; i++) { /* the table grows */
		char name[64], text[64];

		snprintf(name, sizeof name, "many/%u", i);
		snprintf(text, sizeof text, "text %u", i);
		room_text(root, name, text);
		sha256_once(text, strlen(text), one);
		assert_int_equal(host_digest(h, name, two, &e), 0);
		assert_memory_equal(one, two, sizeof one);
	}
}

/* Within the tick in which it was written, too. */
static void the_next_scan_has_digests_of_its_own(void **state)
{
	AUTO_FREE(host) h = open_root();
	uint8_t one[SHA256_SIZE], two[SHA256_SIZE];
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		char text[2] = { (char)('a' + i % 26), 0 };

		room_text(root, "etc/d/a", text);
		sha256_once(text, 1, one);
		host_renew(h);
		assert_int_equal(host_digest(h, "etc/d/a", two, &e), 0);
		assert_memory_equal(one, two, sizeof one);
	}
}

/* RFC 2104 by another implementation: printf secret | openssl dgst -sha256 -mac HMAC … */
static void a_secret_is_told_apart_without_being_told(void **state)
{
	AUTO_FREE(host) h = open_root();
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	(void)state;
	host_keyed(h, span_of("$6$salt$hash"), a);
	host_keyed(h, span_of("$6$salt$hash"), b);
	assert_memory_equal(a, b, sizeof a);
	host_keyed(h, span_of("$6$salt$hasi"), b);
	assert_memory_not_equal(a, b, sizeof a);
	sha256_once("$6$salt$hash", 12, b);
	assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole),
		cmocka_unit_test(what_is_no_file_is_not_opened),
		cmocka_unit_test(links_stay_inside_the_root),
		cmocka_unit_test(a_folder_is_listed_in_order),
		cmocka_unit_test(a_digest_follows_the_content),
		cmocka_unit_test(the_next_scan_has_digests_of_its_own),
		cmocka_unit_test(a_secret_is_told_apart_without_being_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
