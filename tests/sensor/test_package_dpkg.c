/* dpkg's database: what is read of it, who owns a path, and what is wrong with it. */
#include "entity/package.h"
#include "host/package.h"
#include "host/package_dpkg_parse.h"
#include "room.h"
#include "sensor/package/package_room.h"

#define SKIP (field_bit(PACKAGE_INSTALLED) | field_bit(PACKAGE_MANIFEST))
#define MD5_A "0cc175b9c0f1b6a831c399e269772661"
#define MD5_B "92eb5ffee6ae2fec3ad71c777531578f"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nEssential: yes\nStatus: install ok installed\nSection: "
		"utils\nInstalled-Size: 12\n"
		"Maintainer: A Person <a@example.org>\nArchitecture: amd64\nSource: tools (1)\n"
		"Version: 1.0-1\nConffiles:\n /etc/tool.conf " MD5_B "\n /etc/old " MD5_A
		" obsolete\n"
		" /etc/new newconffile remove-on-upgrade\nDescription: a tool\n more of it\n .\n\n"
		"Package: sh\nStatus: hold reinstreq half-configured\nArchitecture: amd64\n"
		"Version: 2\n\n"
		"Package: lib\nStatus: deinstall ok config-files\nMulti-Arch: same\n"
		"Architecture: i386\nVersion: 3\n\n"
		"Package: lib\nStatus: install ok installed\nMulti-Arch: same\n"
		"Architecture: amd64\nVersion: 3\n\n"
		"Package: gone\nStatus: unknown ok not-installed\nArchitecture: amd64\n\n");
	room_text(root, "var/lib/dpkg/info/tool.list",
		"/.\n/bin\n/bin/tool\n/bin/sh\n/etc\n/etc/tool.conf\n/usr\n/usr/share\n"
		"/usr/share/doc\n/usr/share/doc/tool\n/lib64/a b\n");
	room_text(root, "var/lib/dpkg/info/tool.md5sums",
		MD5_A "  bin/tool\n" MD5_B "  lib64/a b\n");
	room_text(root, "var/lib/dpkg/info/sh.list", "/.\n/bin\n/bin/sh\n/usr\n");
	room_text(root, "var/lib/dpkg/info/lib:i386.list", "/etc/lib.conf\n");
	room_text(root, "var/lib/dpkg/info/lib:amd64.list", "/usr\n/usr/lib\n/usr/lib/lib.so\n");
	room_text(root, "var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\nsh\n");
	room_text(root, "var/lib/dpkg/statoverride", "root utmp 2755 /bin/tool\n");
	room_text(root, "var/lib/apt/extended_states",
		"Package: lib\nArchitecture: amd64\nAuto-Installed: 1\n\n"
		"Package: sh\nArchitecture: amd64\nAuto-Installed: 0\n\n");
	room_file(root, "usr/bin", NULL, 0, 0755);
	room_file(root, "usr/lib64", NULL, 0, 0755);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void link_to(const char *target, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(symlink(target, path), 0);
}

static struct host *open_root(const char *path)
{
	struct host_options o = { .root = path };
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

/* ---- parsers ---- */

static void lines_of_md5sums(void **state)
{
	struct span path;
	uint8_t md5[16];

	(void)state;
	assert_true(dpkg_md5sums_line(span_of(MD5_A "  usr/bin/a b"), md5, &path));
	assert_true(span_is(path, "usr/bin/a b"));
	assert_int_equal(md5[0], 0x0c);
	assert_true(dpkg_md5sums_line(span_of(MD5_A " *./usr/x"), md5, &path));
	assert_true(span_is(path, "usr/x"));
	assert_false(dpkg_md5sums_line(span_of(MD5_A), md5, &path));
	assert_false(dpkg_md5sums_line(span_of(MD5_A "  "), md5, &path));
	assert_false(dpkg_md5sums_line(span_of("x" MD5_A " usr/x"), md5, &path));
}

static void lines_of_conffiles(void **state)
{
	struct dpkg_conffile c;

	(void)state;
	assert_true(dpkg_conffile_line(span_of(" /etc/a b " MD5_A), &c));
	assert_true(span_is(c.path, "/etc/a b") && c.has_md5 && !c.obsolete);
	assert_true(
		dpkg_conffile_line(span_of(" /etc/a " MD5_A " obsolete remove-on-upgrade"), &c));
	assert_true(span_is(c.path, "/etc/a") && c.has_md5 && c.obsolete);
	assert_true(dpkg_conffile_line(span_of(" /etc/a newconffile"), &c));
	assert_false(c.has_md5);
	assert_false(dpkg_conffile_line(span_of(" /etc/a x"), &c));
	assert_false(dpkg_conffile_line(span_of(" etc/a " MD5_A), &c));
	assert_false(dpkg_conffile_line(span_of(" obsolete"), &c));
	assert_false(dpkg_conffile_line(span_of(""), &c));
}

static void lines_of_statoverride(void **state)
{
	struct dpkg_override o;

	(void)state;
	assert_true(dpkg_override_line(span_of("#12 utmp 2755 /usr/bin/a b"), &o));
	assert_true(span_is(o.owner, "#12") && span_is(o.group, "utmp"));
	assert_true(o.mode == 02755 && span_is(o.path, "/usr/bin/a b"));
	assert_false(dpkg_override_line(span_of("root utmp 9755 /usr/bin/a"), &o));
	assert_false(dpkg_override_line(span_of("root utmp 77777 /usr/bin/a"), &o));
	assert_false(dpkg_override_line(span_of("root utmp 0755 usr/bin/a"), &o));
	assert_false(dpkg_override_line(span_of("root utmp"), &o));
}

/* ---- the host ---- */

static void packages_are_as_dpkg_has_them(void **state)
{
	(void)state;
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"dpkg:lib:amd64 name=lib manager=dpkg version=3 arch=amd64 state=installed "
		"want=install reinstall=false source=lib essential=false automatic=true files=3\n"
		"dpkg:lib:i386 name=lib manager=dpkg version=3 arch=i386 state=config-files "
		"want=deinstall reinstall=false source=lib essential=false "
		"automatic=false\n"
		"dpkg:sh:amd64 name=sh manager=dpkg version=2 arch=amd64 state=half-configured "
		"want=hold reinstall=true source=sh essential=false automatic=false files=3\n"
		"dpkg:tool:amd64 name=tool manager=dpkg version=1.0-1 arch=amd64 state=installed "
		"want=install reinstall=false origin=A Person <a@example.org> source=tools (1) "
		"section=utils essential=true automatic=false files=10 size=12,288 bytes\n");
	assert_non_null(strstr(room_run(&sensor_package, root, 0), " installed=2"));
}

static void a_path_has_its_owner(void **state)
{
	AUTO_FREE(host) h = open_root(root);

	(void)state;
	assert_true(host_has_file_lists(h));
	assert_string_equal(owner(h, "/bin/tool"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/lib64/a b"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/usr"), "dpkg:lib:amd64"); /* the first of three */
	assert_string_equal(owner(h, "/etc/lib.conf"), "dpkg:lib:i386");
	assert_null(owner(h, "/usr/bin/tool")); /* /bin is a folder of its own here */
	assert_null(owner(h, "/bin/tool2"));
	assert_null(owner(h, "/"));
	assert_null(owner(h, ""));
	/* sh diverted what tool has, too */
	assert_string_equal(owner(h, "/bin/sh"), "dpkg:sh:amd64");
	assert_string_equal(owner(h, "/bin/sh.distrib"), "dpkg:tool:amd64");
}

static void merged_folders_have_both_names(void **state)
{
	AUTO_FREE(host) h = NULL;
	struct packaged_file f;
	struct err e;

	(void)state;
	link_to("usr/bin", "bin");
	link_to("/usr/lib64", "lib64");
	h = open_root(root);
	assert_string_equal(owner(h, "/bin/tool"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/usr/bin/tool"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/usr/lib64/a b"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/usr/bin/sh"), "dpkg:sh:amd64");
	assert_string_equal(owner(h, "/usr/bin/sh.distrib"), "dpkg:tool:amd64");
	assert_string_equal(owner(h, "/bin"), "dpkg:sh:amd64");
	assert_int_equal(host_packaged_file(h, span_of("/bin/tool"), &f, &e), 1);
	assert_true(span_is(f.path, "/usr/bin/tool"));
	assert_true(f.has & PACKAGED_MODE_OVERRIDE && f.mode == 02755);
}

static void a_file_is_what_its_package_says(void **state)
{
	AUTO_FREE(host) h = open_root(root);
	struct packaged_file f;
	struct err e;

	(void)state;
	assert_int_equal(host_packaged_file(h, span_of("/bin/tool"), &f, &e), 1);
	assert_string_equal(f.package->key.p, "dpkg:tool:amd64");
	assert_int_equal(f.has, PACKAGED_MD5 | PACKAGED_MODE_OVERRIDE);
	assert_int_equal(f.md5[0], 0x0c);
	assert_true(span_is(f.owner, "root") && span_is(f.group, "utmp") && f.mode == 02755);
	assert_int_equal(host_packaged_file(h, span_of("/etc/tool.conf"), &f, &e), 1);
	assert_int_equal(f.has, PACKAGED_MD5 | PACKAGED_CONFIG);
	assert_int_equal(f.md5[0], 0x92);
	assert_int_equal(host_packaged_file(h, span_of("/usr/share/doc"), &f, &e), 1);
	assert_int_equal(f.has, PACKAGED_FOLDER);
	assert_int_equal(host_packaged_file(h, span_of("/usr/share/doc/tool"), &f, &e), 1);
	assert_int_equal(f.has, 0);
	assert_int_equal(host_packaged_file(h, span_of("/etc/new"), &f, &e), 0);
	assert_int_equal(host_packaged_file(h, span_of("/nowhere"), &f, &e), 0);
}

static int count(void *ctx, const struct packaged_file *f, struct err *e)
{
	size_t *n = ctx;

	(void)e;
	if (span_is(f->path, "/bin/sh.distrib"))
		assert_string_equal(f->package->key.p, "dpkg:tool:amd64");
	return ++*n == 100 ? 7 : 0;
}

static void each_file_of_each_package_comes(void **state)
{
	AUTO_FREE(host) h = open_root(root);
	size_t n = 0;
	struct err e;

	(void)state;
	assert_int_equal(host_packaged_files(h, count, &n, &e), 0);
	assert_int_equal(n, 3 + 1 + 3 + 10 + 1); /* and /etc/old, which the list has no more */
	n = 99;
	assert_int_equal(host_packaged_files(h, count, &n, &e), 7);
	assert_int_equal(n, 100);
}

/* Who replaces a program and edits its digest in the database changes the manifest. */
static void an_edited_record_shows(void **state)
{
	const char *md5sums = MD5_B "  bin/tool\n" MD5_B "  lib64/a b\n";
	AUTO_FREE(arena) a = arena_new();
	const char *was[3];

	(void)state;
	(void)room_run(&sensor_package, root, field_bit(PACKAGE_INSTALLED));
	was[0] = arena_text(a, span_of(room_find("dpkg:tool:amd64")));
	room_text(root, "var/lib/dpkg/info/tool.md5sums", md5sums);
	(void)room_run(&sensor_package, root, field_bit(PACKAGE_INSTALLED));
	was[1] = arena_text(a, span_of(room_find("dpkg:tool:amd64")));
	assert_string_not_equal(was[0], was[1]);
	room_text(root, "var/lib/dpkg/info/tool.list", "/bin/tool\n/bin/evil\n");
	(void)room_run(&sensor_package, root, field_bit(PACKAGE_INSTALLED));
	was[2] = room_find("dpkg:tool:amd64");
	assert_string_not_equal(was[1], was[2]);
	assert_non_null(strstr(was[2], " files=2 "));
	was[2] = arena_text(a, span_of(was[2]));
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n"
		"Conffiles:\n /etc/tool.conf " MD5_A "\n\n");
	(void)room_run(&sensor_package, root,
		kind_fields_all(&kind_package) & ~field_bit(PACKAGE_MANIFEST));
	assert_null(strstr(was[2], strstr(room_find("dpkg:tool:amd64"), "manifest=")));
}

/* ---- what is wrong with it ---- */

static void bad_stanzas_are_one_gap(void **state)
{
	const char *text;

	(void)state;
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
		"Package: ../../etc/passwd\nVersion: 1\n\n"
		"Package: x\n\001\002junk\n\n"
		"Package: sh\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\n"
		"Package: cut\nVersi");
	text = room_run(&sensor_package, root, SKIP);
	assert_non_null(strstr(text, "gap dpkg:… format: 'var/lib/dpkg/status': line 6 begins a "
				     "package without a proper "
				     "name (and 2 more)\n"));
	assert_non_null(room_find("dpkg:tool:amd64"));
	assert_non_null(room_find("dpkg:sh:amd64"));
	assert_null(room_find("dpkg:x"));
}

/* Half a value is not a value. */
static void a_status_that_ends_in_a_line_is_cut_off(void **state)
{
	(void)state;
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap dpkg:… format: 'var/lib/dpkg/status': line 4 ends in the middle\n");
}

static void a_package_without_a_list_is_told(void **state)
{
	const char *text;
	char name[256];

	(void)state;
	snprintf(name, sizeof name, "%s/var/lib/dpkg/info/sh.list", root);
	assert_int_equal(unlink(name), 0);
	text = room_run(&sensor_package, root, SKIP);
	assert_non_null(
		strstr(text, "gap dpkg:sh:amd64 format: no list of the files of 'dpkg:sh:amd64'"));
	assert_null(strstr(room_find("dpkg:sh:amd64"), "files="));
	assert_non_null(room_find("dpkg:tool:amd64"));
}

static void what_is_no_file_is_a_gap(void **state)
{
	char name[256];

	(void)state;
	snprintf(name, sizeof name, "%s/var/lib/dpkg/info/tool.list", root);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0644), 0);
	(void)room_run(&sensor_package, root, SKIP);
	assert_non_null(strstr(room_run(&sensor_package, root, SKIP),
		"gap dpkg:tool:amd64 format: cannot read 'tool.list': not a regular file"));
	snprintf(name, sizeof name, "%s/var/lib/dpkg/status", root);
	assert_int_equal(truncate(name, (off_t)1 << 30), 0); /* of NULs, one line */
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap dpkg:… limit: 'var/lib/dpkg/status' is larger than 67108864 bytes\n");
}

static void bad_lines_beside_are_gaps(void **state)
{
	const char *text;

	(void)state;
	room_text(root, "var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\n");
	room_text(root, "var/lib/dpkg/statoverride", "root utmp 2755 /bin/tool\nx\ny\n");
	text = room_run(&sensor_package, root, SKIP);
	assert_non_null(strstr(text, "'var/lib/dpkg/diversions': line 1 begins a diversion"));
	assert_non_null(
		strstr(text, "'var/lib/dpkg/statoverride': line 2 is no override (and 1 more)"));
}

static void a_key_listed_twice_is_told(void **state)
{
	const char *text;

	(void)state;
	room_text(root, "var/lib/dpkg/status",
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
		"Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 6\n\n");
	text = room_run(&sensor_package, root, SKIP);
	assert_non_null(strstr(text, "gap dpkg:tool:amd64 format: 'dpkg:tool:amd64' is listed 2"));
	assert_non_null(strstr(room_find("dpkg:tool:amd64"), "version=6 "));
}

/* What a dpkg that was killed had done is in updates/ alone. */
static void updates_count_more_than_status(void **state)
{
	const char *text;

	(void)state;
	room_text(root, "var/lib/dpkg/updates/0000",
		"Package: tool\nStatus: install reinstreq half-installed\nArchitecture: amd64\n"
		"Version: 1.0-1\n");
	room_text(root, "var/lib/dpkg/updates/0001",
		"Package: tool\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 7\n");
	room_text(root, "var/lib/dpkg/updates/tmp.i", "junk");
	text = room_run(&sensor_package, root, SKIP);
	assert_null(strstr(text, "gap "));
	assert_non_null(
		strstr(room_find("dpkg:tool:amd64"), " version=7 arch=amd64 state=unpacked "));
	assert_non_null(room_find("dpkg:sh:amd64"));
}

/* Images without dpkg (distroless) have a file a package and its digests. */
static void images_without_dpkg(void **state)
{
	const char *other = room_root();
	AUTO_FREE(host) h = NULL;

	(void)state;
	room_text(other, "var/lib/dpkg/status.d/base",
		"Package: base\nArchitecture: amd64\nVersion: 12\n");
	room_text(other, "var/lib/dpkg/status.d/base.md5sums", MD5_A "  etc/issue\n");
	assert_string_equal(room_run(&sensor_package, other, SKIP),
		"dpkg:base:amd64 name=base manager=dpkg version=12 arch=amd64 state=installed "
		"source=base essential=false automatic=false files=1\n");
	h = open_root(other);
	assert_string_equal(owner(h, "/etc/issue"), "dpkg:base:amd64");
	room_root_done(other);
}

static void a_host_without_any_is_no_gap(void **state)
{
	const char *other = room_root();
	AUTO_FREE(host) h = open_root(other);

	(void)state;
	assert_string_equal(room_run(&sensor_package, other, SKIP), "");
	assert_false(host_has_file_lists(h));
	assert_null(owner(h, "/bin/sh"));
	room_root_done(other);
}

/* ---- this host ---- */

/* dpkg's own word for it: everything `dpkg -L` names belongs to somebody, and is found under both
 * names of a merged folder. */
static void what_dpkg_lists_is_owned(void **state)
{
	FILE *f = popen("dpkg -L bash coreutils libc6 dpkg 2>/dev/null", "r");
	AUTO_FREE(host) h = open_root(NULL);
	char line[4096];
	size_t n = 0;

	(void)state;
	if (!host_has_file_lists(h)) {
		pclose(f);
		skip();
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '/' || strcmp(line, "/.") == 0)
			continue;
		if (!owner(h, line))
			fail_msg("nobody owns '%s'", line);
		n++;
	}
	pclose(f);
	assert_true(n > 100);
	assert_string_equal(owner(h, "/usr/bin/bash"), owner(h, "/bin/bash"));
}

/* As many packages and versions as dpkg-query knows. */
static void packages_are_those_of_this_host(void **state)
{
	FILE *f =
		popen("dpkg-query -W -f '${Package}:${Architecture} ${Version} ${db:Status-Status}"
		      "\\n' 2>/dev/null",
			"r");
	char name[256], version[256], status[64], want[1024];
	size_t n = 0;

	(void)state;
	(void)room_run(&sensor_package, NULL, 0);
	while (fscanf(f, "%255s %255s %63s", name, version, status) == 3) {
		const char *line;

		snprintf(want, sizeof want, "dpkg:%s", name);
		line = room_find(want);
		if (!line)
			fail_msg("'%s' is missing", want);
		snprintf(want, sizeof want, " version=%s ", version);
		assert_non_null(strstr(line, want));
		snprintf(want, sizeof want, " state=%s ", status);
		assert_non_null(strstr(line, want));
		n++;
	}
	pclose(f);
	if (n == 0)
		skip();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_md5sums),
		cmocka_unit_test(lines_of_conffiles),
		cmocka_unit_test(lines_of_statoverride),
		TEST(packages_are_as_dpkg_has_them),
		TEST(a_path_has_its_owner),
		TEST(merged_folders_have_both_names),
		TEST(a_file_is_what_its_package_says),
		TEST(each_file_of_each_package_comes),
		TEST(an_edited_record_shows),
		TEST(bad_stanzas_are_one_gap),
		TEST(a_status_that_ends_in_a_line_is_cut_off),
		TEST(a_package_without_a_list_is_told),
		TEST(what_is_no_file_is_a_gap),
		TEST(bad_lines_beside_are_gaps),
		TEST(a_key_listed_twice_is_told),
		TEST(updates_count_more_than_status),
		cmocka_unit_test(images_without_dpkg),
		cmocka_unit_test(a_host_without_any_is_no_gap),
		cmocka_unit_test(what_dpkg_lists_is_owned),
		cmocka_unit_test(packages_are_those_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
