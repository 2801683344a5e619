/* Opening below a root, while the rest of the host goes on. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <threads.h>
#include <unistd.h>

#include "../check.h"
#include "core/attr.h"
#include "os/in_root.h"

#define LOOKS 20000

struct place {
	char path[256];
	int fd, root; /* root: the folder "root" in it */
	atomic_bool stop;
};

static const char *const made[] = { "secret", "root/b/file", "root/a/link", "root/a/out",
	"root/a/pipe", "root/a", "root/b", "root", "x", "y" };

static int set_up(void **state)
{
	static struct place p;
	const char *folder = getenv("TMPDIR");

	p = (struct place){ .fd = -1 };
	snprintf(p.path, sizeof p.path, "%s/invar-test-XXXXXX", folder ? folder : "/var/tmp");
	if (!mkdtemp(p.path))
		return -1;
	p.fd = open(p.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &p;
	if (mkdirat(p.fd, "root", 0700) < 0 || mkdirat(p.fd, "root/a", 0700) < 0 ||
		mkdirat(p.fd, "root/b", 0700) < 0 || mkfifoat(p.fd, "root/a/pipe", 0600) < 0 ||
		mknodat(p.fd, "root/b/file", S_IFREG | 0600, 0) < 0 ||
		mknodat(p.fd, "secret", S_IFREG | 0600, 0) < 0 || mkdirat(p.fd, "x", 0700) < 0 ||
		symlinkat("../b/file", p.fd, "root/a/link") < 0 ||
		symlinkat("../../secret", p.fd, "root/a/out") < 0)
		return -1;
	p.root = openat(p.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p.root < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (unlinkat(p->fd, made[i], 0) < 0)
			unlinkat(p->fd, made[i], AT_REMOVEDIR);
	close(p->root);
	close(p->fd);
	return rmdir(p->path);
}

/* What package managers, editors and container engines do all day. */
static int rename_all_the_time(void *argument)
{
	struct place *p = argument;

	while (!atomic_load(&p->stop))
		if (renameat(p->fd, "x", p->fd, "y") < 0 || renameat(p->fd, "y", p->fd, "x") < 0)
			return 1;
	return 0;
}

/* Elsewhere: what is renamed has nothing to do with what is opened. */
static void what_is_renamed_elsewhere_does_not_keep_us_out(void **state)
{
	struct place *p = *state;
	int denied = 0, rc = 0;
	thrd_t mover;

	assert_int_equal(thrd_create(&mover, rename_all_the_time, p), thrd_success);
	for (int i = 0; i < LOOKS; i++) {
		int fd = in_root_open(p->root, "a/link", O_PATH);

		denied += fd < 0;
		if (fd >= 0)
			close(fd);
	}
	atomic_store(&p->stop, true);
	assert_int_equal(thrd_join(mover, &rc), thrd_success);
	assert_int_equal(rc, 0);
	assert_int_equal(denied, 0);
}

static void nothing_leads_out(void **state)
{
	static const char *const out[] = { "a/out", "../secret", "/../secret" };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
		assert_int_equal(in_root_open(p->root, out[i], O_PATH), -1);
		assert_int_equal(errno, ENOENT);
	}
}

static void only_files_are_read(void **state)
{
	struct place *p = *state;
	struct err e = { 0 };
	int fd = -1;

	assert_int_equal(in_root_open_file(&fd, p->root, "/a/link", &e), 0);
	close(fd);
	assert_int_equal(in_root_open_file(&fd, p->root, "a/pipe", &e), ERR_FORMAT);
	assert_string_equal(e.text, "cannot read 'a/pipe': not a regular file");
	assert_int_equal(in_root_open_file(&fd, p->root, "a", &e), ERR_FORMAT);
	assert_int_equal(in_root_open_file(&fd, p->root, "a/none", &e), ERR_MISSING);
}

/* Who holds a lease is waited for by nobody: the kernel would let us wait for 45 s. */
static void a_lease_does_not_hold_us_up(void **state)
{
	struct place *p = *state;
	struct err e = { 0 };
	int held = openat(p->fd, "root/b/file", O_RDWR | O_CLOEXEC), fd = -1;

	assert_true(held >= 0);
	if (fcntl(held, F_SETLEASE, F_WRLCK) < 0)
		skip(); /* not every file system has them */
	signal(SIGIO, SIG_IGN);
	assert_true(in_root_open_file(&fd, p->root, "b/file", &e) < 0);
	close(held);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_renamed_elsewhere_does_not_keep_us_out),
		cmocka_unit_test(nothing_leads_out),
		cmocka_unit_test(only_files_are_read),
		cmocka_unit_test(a_lease_does_not_hold_us_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
