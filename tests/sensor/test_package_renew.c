/* What a host that is asked again knows of packages: all that stands, and nothing that changed. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/package.h"
#include "room.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
		"Package: sh\nStatus: install ok installed\nVersion: 2\n");
	room_text(root, "var/lib/dpkg/info/tool.list", "/etc/tool.conf\n");
	room_text(root, "var/lib/dpkg/info/sh.list", "/bin/sh\n");
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
	struct host_options o = { .root = root };
	struct host *h;
	struct err e;

	assert_int_equal(host_open(&h, &o, &e), 0);
	return h;
}

static const char *owner(struct host *h, const char *path)
{
	const struct package *p = host_path_owner(h, span_of(path));

	return p ? p->key.p : NULL;
}

/* As package managers write: beside, and then in its place. */
static void replace(const char *path, const char *text)
{
	char from[256], to[256];

	room_text(root, "beside", text);
	snprintf(from, sizeof from, "%s/beside", root);
	snprintf(to, sizeof to, "%s/%s", root, path);
	assert_int_equal(rename(from, to), 0);
}

/* What was just written has no stamp that can be believed yet. */
static void settle(void)
{
	usleep(100000);
}

static const struct package *list_of(struct host *h)
{
	struct packages all;
	struct err e;

	assert_int_equal(host_packages(h, &all, &e), 0);
	return all.list;
}

static void the_next_scan_takes_over_what_stands(void **state)
{
	AUTO_FREE(host) h = NULL;
	const struct package *list;

	(void)state;
	settle();
	h = open_root();
	assert_string_equal(owner(h, "/etc/tool.conf"), "dpkg:tool:amd64");
	list = list_of(h);
	host_renew(h);
	assert_string_equal(owner(h, "/etc/tool.conf"), "dpkg:tool:amd64");
	assert_ptr_equal(list_of(h), list);
	host_renew(h);
	assert_null(owner(h, "/etc/none"));
	assert_ptr_equal(list_of(h), list);
}

/* Whatever of a database changes, the next scan sees it, and no scan before. */
static void the_next_scan_sees_what_changed(void **state)
{
	static const struct {
		const char *file, *text, *path, *before, *after;
	} steps[] = {
		{ "var/lib/dpkg/info/tool.list", "/usr/new\n", "/usr/new", NULL,
			"dpkg:tool:amd64" },
		{ "var/lib/dpkg/status", "Package: sh\nStatus: install ok installed\nVersion: 3\n",
			"/usr/new", "dpkg:tool:amd64", NULL },
		{ "var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.other\nmy\n", "/bin/sh.other", NULL,
			"dpkg:sh" },
		{ "var/lib/dpkg/updates/0001",
			"Package: up\nStatus: install ok installed\nVersion: 1\n", "/x", NULL,
			NULL },
		{ "var/lib/dpkg/info/up.list", "/usr/up\n", "/usr/up", NULL, "dpkg:up" },
		{ "lib/apk/db/installed", "P:a\nV:1\nA:x\nF:srv\nR:a\n\n", "/srv/a", NULL,
			"apk:a" },
	};
	AUTO_FREE(host) h = open_root();

	(void)state;
	room_file(root, "var/lib/dpkg/updates", NULL, 0, 0755);
	room_file(root, "lib/apk/db", NULL, 0, 0755);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const char *now;

		settle();
		host_renew(h);
		now = owner(h, steps[i].path);
		assert_string_equal(now ? now : "-", steps[i].before ? steps[i].before : "-");
		replace(steps[i].file, steps[i].text);
		now = owner(h, steps[i].path);
		assert_string_equal(now ? now : "-", steps[i].before ? steps[i].before : "-");
		host_renew(h);
		now = owner(h, steps[i].path);
		assert_string_equal(now ? now : "-", steps[i].after ? steps[i].after : "-");
	}
}

/* Same size, and the times that were: but not that of the change itself. */
static void an_edit_in_place_has_a_stamp(void **state)
{
	AUTO_FREE(host) h = NULL;
	const struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	char path[256];

	(void)state;
	replace("var/lib/dpkg/status", "Package: sh\nStatus: install ok installed\nVersion: 3\n");
	snprintf(path, sizeof path, "%s/var/lib/dpkg/status", root);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	settle();
	h = open_root();
	assert_true(span_is(list_of(h)->version, "3"));
	room_text(root, "var/lib/dpkg/status",
		"Package: sh\nStatus: install ok installed\nVersion: 4\n");
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	host_renew(h);
	assert_true(span_is(list_of(h)->version, "4"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_next_scan_takes_over_what_stands),
		TEST(the_next_scan_sees_what_changed),
		TEST(an_edit_in_place_has_a_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
