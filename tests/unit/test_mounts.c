#include "../check.h"
#include "os/mounts.h"

static const char text[] =
	"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"22 21 0:5 / /proc rw - proc proc rw\n"
	"23 21 0:30 / /mnt/a\\040b\\134c rw master:1 propagate_from:2 - fuse.sshfs host:/x rw\n"
	"24 21 0:31 / /mnt rw - nfs4 server:/y rw\n"
	"25 21 0:32 / /srv rw - ext4 /dev/sdb rw\n"
	"26 25 0:33 / /srv rw - cifs //server/z rw\n" /* over the one before */
	"this is no line of mountinfo\n"
	"27 21 0:34 / /cut";

static void a_path_is_on_the_deepest_mount_made_last(void **state)
{
	static const struct {
		const char *path, *mount, *type;
		bool remote;
	} cases[] = {
		{ "/", "/", "ext4", false },
		{ "/etc/passwd", "/", "ext4", false },
		{ "/proc", "/proc", "proc", false },
		{ "/proc/1/fd", "/proc", "proc", false },
		{ "/process", "/", "ext4", false },
		{ "/mnt", "/mnt", "nfs4", true },
		{ "/mnt/other", "/mnt", "nfs4", true },
		{ "/mnt/a b\\c/file", "/mnt/a b\\c", "fuse.sshfs", true },
		{ "/mnt/a b", "/mnt", "nfs4", true },
		{ "/srv/www", "/srv", "cifs", true },
		{ "/cut", "/", "ext4", false },
	};
	struct mounts *m = mounts_from(span_of(text));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct mount_point *p = mounts_find(m, span_of(cases[i].path));

		assert_non_null(p);
		assert_true(span_is(p->path, cases[i].mount));
		assert_true(span_is(p->type, cases[i].type));
		assert_int_equal(mount_is_remote(p), cases[i].remote);
	}
	mounts_free(m);
}

static void nothing_is_known_of_an_empty_table(void **state)
{
	struct mounts *m = mounts_from(SPAN_NONE);

	(void)state;
	assert_null(mounts_find(m, span_of("/etc")));
	mounts_free(m);
	mounts_free(NULL);
}

static void this_host_has_a_root(void **state)
{
	struct mounts *m = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mounts_load(&m, &e), 0);
	assert_non_null(mounts_find(m, span_of("/")));
	mounts_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_on_the_deepest_mount_made_last),
		cmocka_unit_test(nothing_is_known_of_an_empty_table),
		cmocka_unit_test(this_host_has_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
