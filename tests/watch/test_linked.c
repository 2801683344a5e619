/* Files with several names: what is known of them stays small, however often they are renamed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../check.h"
#include "core/attr.h"
#include "watch/files/fan_event.h"
#include "watch/files/linked.h"

#define RENAMES 15000 /* of names of 200 bytes: more than the table holds */

static void name_of(char ret[512], const char *dir, int i)
{
	snprintf(ret, 512, "%s/%0200d", dir, i);
}

/* As fanotify writes it. */
static struct span handle_of(const char *path, char ret[FAN_HANDLE_MAX])
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	struct statfs fs;
	int mount;

	assert_int_equal(statfs(path, &fs), 0);
	assert_int_equal(name_to_handle_at(AT_FDCWD, path, &u.h, &mount, 0), 0);
	memcpy(ret, &fs.f_fsid, 8);
	memcpy(ret + 8, &u.h.handle_bytes, 4);
	memcpy(ret + 12, &u.h.handle_type, 4);
	memcpy(ret + FAN_HANDLE_HEAD, u.h.f_handle, u.h.handle_bytes);
	return span_from(ret, FAN_HANDLE_HEAD + u.h.handle_bytes);
}

static bool knows(const struct linked *l, const char *path)
{
	char room[FAN_HANDLE_MAX];
	struct span handle = handle_of(path, room), found;
	uint32_t at = 0;

	while (linked_find(l, handle, &at, &found))
		if (span_is(found, path))
			return true;
	return false;
}

static void names_that_are_gone_take_no_place(void **state)
{
	char dir[] = "/tmp/invar-linked.XXXXXX", other[64], was[512], is[512];
	struct linked l = { 0 };
	int fd;

	(void)state;
	linked_clear(&l);
	assert_non_null(mkdtemp(dir));
	snprintf(other, sizeof other, "%s/other", dir);
	name_of(was, dir, 0);
	fd = open(was, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(link(was, other), 0);
	assert_int_equal(linked_add(&l, span_of(other)), 0);
	assert_int_equal(linked_add(&l, span_of(was)), 0);
	for (int i = 1; i < RENAMES; i++) {
		name_of(is, dir, i);
		assert_int_equal(rename(was, is), 0);
		if (i % 2)
			linked_moved(&l, span_of(was), span_of(is));
		else
			assert_int_equal(linked_add(&l, span_of(is)), 0);
		strcpy(was, is);
	}
	assert_false(l.full);
	assert_true(knows(&l, other));
	assert_true(knows(&l, is));
	linked_clear(&l);
	unlink(is);
	unlink(other);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_gone_take_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
