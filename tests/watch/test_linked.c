/* Files with several names: what is known of them stays small, however often they are renamed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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

static void make(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void names_that_are_gone_take_no_place(void **state)
{
	char dir[] = "/tmp/invar-linked.XXXXXX", other[64], was[512], is[512], room[FAN_HANDLE_MAX];
	struct linked l = { 0 };
	bool is_new;

	(void)state;
	linked_clear(&l);
	assert_non_null(mkdtemp(dir));
	snprintf(other, sizeof other, "%s/other", dir);
	name_of(was, dir, 0);
	make(was);
	assert_int_equal(link(was, other), 0);
	assert_int_equal(linked_add(&l, span_of(other), &is_new), 0);
	assert_true(is_new);
	assert_int_equal(linked_add(&l, span_of(was), &is_new), 0);
	for (int i = 1; i < RENAMES; i++) {
		name_of(is, dir, i);
		assert_int_equal(rename(was, is), 0);
		if (i % 2)
			linked_moved(&l, handle_of(is, room), span_of(was), span_of(is));
		else /* also when room had to be made for it */
			assert_true(linked_add(&l, span_of(is), &is_new) == 0 && is_new);
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

static void a_folder_takes_its_names_along(void **state)
{
	char dir[] = "/tmp/invar-linked.XXXXXX", from[64], to[64], name[3][96];
	struct linked l = { 0 };
	bool is_new;

	(void)state;
	linked_clear(&l);
	assert_non_null(mkdtemp(dir));
	snprintf(from, sizeof from, "%s/from", dir);
	snprintf(to, sizeof to, "%s/to", dir);
	snprintf(name[0], sizeof name[0], "%s/name", from);
	snprintf(name[1], sizeof name[1], "%s/other", from);
	snprintf(name[2], sizeof name[2], "%s-not/name", from); /* not below it */
	assert_int_equal(mkdir(from, 0700), 0);
	make(name[0]);
	assert_int_equal(link(name[0], name[1]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(linked_add(&l, span_of(name[i]), &is_new), 0);
	assert_int_equal(linked_add_as(&l, span_of("no handle of any"), span_of(name[2])), 0);
	assert_int_equal(rename(from, to), 0);
	linked_moved(&l, SPAN_NONE, span_of(from), span_of(to));
	linked_left(&l, SPAN_NONE, span_of(from));
	assert_int_equal(l.n, 3);
	snprintf(name[0], sizeof name[0], "%s/name", to);
	snprintf(name[1], sizeof name[1], "%s/other", to);
	assert_true(knows(&l, name[0]));
	assert_true(knows(&l, name[1]));
	linked_clear(&l);
	unlink(name[0]);
	unlink(name[1]);
	rmdir(to);
	rmdir(dir);
}

static void a_name_that_was_made_again_stays(void **state)
{
	char dir[] = "/tmp/invar-linked.XXXXXX", one[64], other[64], room[FAN_HANDLE_MAX];
	struct linked l = { 0 };
	bool is_new;

	(void)state;
	linked_clear(&l);
	assert_non_null(mkdtemp(dir));
	snprintf(one, sizeof one, "%s/one", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	make(one);
	assert_int_equal(link(one, other), 0);
	assert_int_equal(linked_add(&l, span_of(one), &is_new), 0);
	assert_int_equal(linked_add_as(&l, handle_of(other, room), span_of(other)), 0);
	linked_left(&l, handle_of(other, room), span_of(one)); /* heard of late */
	assert_true(knows(&l, one));
	unlink(one);
	linked_left(&l, handle_of(other, room), span_of(one));
	assert_true(knows(&l, other));
	assert_int_equal(l.n, 1);
	linked_clear(&l);
	unlink(other);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_gone_take_no_place),
		cmocka_unit_test(a_folder_takes_its_names_along),
		cmocka_unit_test(a_name_that_was_made_again_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
