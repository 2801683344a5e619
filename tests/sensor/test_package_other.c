/* apk, and what pip, npm, gem, snap and flatpak have installed. */
#include "entity/package.h"
#include "host/package.h"
#include "host/package_apk_parse.h"
#include "host/package_language_parse.h"
#include "room.h"
#include "sensor/package/package_room.h"

#define SKIP (field_bit(PACKAGE_INSTALLED) | field_bit(PACKAGE_MANIFEST))
/* SHA-1 of "abc", RFC 3174. */
#define Q1_ABC "Q1qZk+NkcGgWq6PiVxeFDCbJzQ2J0="

static const char installed[] =
	"C:Q1eVpkasfqZAukAXFYbgwt4xAMZWU=\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n"
	"m:A Person <a@example.org>\nc:0123abcd\nF:lib\nR:libc.so\na:0:5:4755\nZ:" Q1_ABC "\n"
	"R:link\na:0:0:777\n\n"
	"P:base\nV:3\nA:x86_64\nI:77\nF:etc\nR:motd\nF:tmp\nM:0:0:1777\nF:\nR:top\n\n";

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
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

static struct host *open_root(void)
{
	struct host_options o = { .root = root };
	struct host *h;
	struct err e;

	assert_int_equal(host_open(&h, &o, &e), 0);
	return h;
}

/* ---- apk ---- */

static void apk_packages(void **state)
{
	(void)state;
	room_text(root, "lib/apk/db/installed", installed);
	room_text(root, "etc/apk/world", "base>2\nother\n");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"apk:base name=base manager=apk version=3 arch=x86_64 state=installed "
		"automatic=false files=4 size=77 bytes\n"
		"apk:musl name=musl manager=apk version=1.2.4-r2 arch=x86_64 state=installed "
		"origin=A Person <a@example.org> source=musl automatic=true revision=0123abcd "
		"files=3\n");
}

static void apk_files_know_their_digest(void **state)
{
	static const uint8_t abc[20] = { 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
		0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d };
	AUTO_FREE(host) h = NULL;
	struct packaged_file f;
	struct err e;

	(void)state;
	room_text(root, "lib/apk/db/installed", installed);
	h = open_root();
	assert_int_equal(host_packaged_file(h, span_of("/lib/libc.so"), &f, &e), 1);
	assert_int_equal(f.has, PACKAGED_SHA1 | PACKAGED_MODE | PACKAGED_OWNER);
	assert_memory_equal(f.sha1, abc, sizeof abc);
	assert_int_equal(f.mode, 04755);
	assert_true(span_is(f.owner, "#0") && span_is(f.group, "#5"));
	assert_int_equal(host_packaged_file(h, span_of("/etc/motd"), &f, &e), 1);
	assert_true(f.has & PACKAGED_CONFIG);
	assert_int_equal(f.mode, 0644);
	assert_int_equal(host_packaged_file(h, span_of("/tmp"), &f, &e), 1);
	assert_true(f.has & PACKAGED_FOLDER);
	assert_int_equal(f.mode, S_IFDIR | 01777);
	assert_string_equal(host_path_owner(h, span_of("/top"))->key.p, "apk:base");
}

static void apk_that_is_cut_off(void **state)
{
	char text[1024];

	(void)state;
	snprintf(text, sizeof text, "P:../x\nV:1\n\nP:good\nV:1\n\nP:bad\nnonsense\n\n%s",
		"P:cut\nV:2");
	room_text(root, "lib/apk/db/installed", text);
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"apk:good name=good manager=apk version=1 state=installed automatic=false "
		"files=0\n"
		"gap apk:… format: 'lib/apk/db/installed': line 1 begins a package without a "
		"proper name (and 2 more)\n");
}

static void base64(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_true(base64_parse(span_of("YWJj"), out, 3));
	assert_memory_equal(out, "abc", 3);
	assert_true(base64_parse(span_of("YWI="), out, 2));
	assert_true(base64_parse(span_of("YQ=="), out, 1));
	assert_false(base64_parse(span_of("YWJ"), out, 3));
	assert_false(base64_parse(span_of("YW!j"), out, 3));
	assert_false(base64_parse(span_of("YWJjYWJj"), out, 3));
}

/* ---- languages ---- */

static void pip_packages(void **state)
{
	(void)state;
	room_text(root, "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA",
		"Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\nAuthor: A\n\nVersion: 7\n");
	room_text(root, "usr/local/lib/python3.11/dist-packages/PyYAML-6.0.1.dist-info/METADATA",
		"Name: PyYAML\nVersion: 6.0.1\n\n");
	room_text(root, "usr/lib/python3/dist-packages/six-1.16.egg-info",
		"Name: six\nVersion: 1.16\n");
	room_text(root, "usr/lib/python3/dist-packages/broken-1.2.dist-info/METADATA", "junk");
	room_text(root, "usr/lib/python3/dist-packages/notes.txt", "");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap pip:… format: 'usr/lib/python3/dist-packages/broken-1.2.dist-info' does not "
		"say what package it describes\n"
		"pip:PyYAML name=PyYAML manager=pip version=6.0, 6.0.1 state=installed origin=A "
		"location=/usr/lib/python3/dist-packages/PyYAML-6.0.dist-info, "
		"/usr/local/lib/python3.11/dist-packages/PyYAML-6.0.1.dist-info\n"
		"pip:broken name=broken manager=pip version=1.2 state=installed "
		"location=/usr/lib/python3/dist-packages/broken-1.2.dist-info\n"
		"pip:six name=six manager=pip version=1.16 state=installed "
		"location=/usr/lib/python3/dist-packages/six-1.16.egg-info\n");
}

static void npm_packages(void **state)
{
	(void)state;
	room_text(root, "usr/lib/node_modules/npm/package.json",
		"{ \"dependencies\": { \"name\": \"x\", \"a\": [1, {\"version\": \"9\"}] },\n"
		"\"version\": \"9.1\", \"name\": \"npm\", \"author\": \"A \\\"B\\\"\" }");
	room_text(root, "usr/local/lib/node_modules/@scope/tool/package.json",
		"{\"name\":\"@scope/tool\",\"version\":\"1.0\"}");
	room_text(root, "usr/local/lib/node_modules/.bin/package.json", "{}");
	room_text(root, "usr/local/lib/node_modules/empty/readme", "");
	room_text(root, "usr/local/lib/node_modules/cut/package.json", "{\"name\": \"cut\", ");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap npm:… format: 'usr/local/lib/node_modules/cut/package.json' does not say what "
		"package it describes\n"
		"npm:@scope/tool name=@scope/tool manager=npm version=1.0 state=installed "
		"location=/usr/local/lib/node_modules/@scope/tool\n"
		"npm:cut name=cut manager=npm state=installed "
		"location=/usr/local/lib/node_modules/cut\n"
		"npm:npm name=npm manager=npm version=9.1 state=installed origin=A \"B\" "
		"location=/usr/lib/node_modules/npm\n");
}

static void gem_packages(void **state)
{
	(void)state;
	room_text(root, "var/lib/gems/3.1.0/specifications/rake-13.0.6.gemspec",
		"# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n");
	room_text(root, "usr/share/rubygems-integration/all/specifications/rake-13.0.gemspec",
		"Gem::Specification.new do |s|\n  s.name = \"rake\".freeze\n"
		"  s.version = Gem::Version.new(\"13.0\")\n");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gem:rake name=rake manager=gem version=13.0, 13.0.6 state=installed "
		"location=/usr/share/rubygems-integration/all/specifications/rake-13.0.gemspec, "
		"/var/lib/gems/3.1.0/specifications/rake-13.0.6.gemspec\n");
}

static void snaps_and_flatpaks(void **state)
{
	(void)state;
	room_text(root, "var/lib/snapd/snaps/core_10.snap", "");
	room_text(root, "var/lib/snapd/snaps/core_11.snap", "");
	room_text(root, "snap/core/11/meta/snap.yaml", "name: core\nversion: '16-2.61'\n");
	link_to("11", "snap/core/current");
	room_file(root, "var/lib/flatpak/app/org.example.App/x86_64/stable", NULL, 0, 0755);
	room_file(root, "var/lib/flatpak/runtime/org.P/x86_64/22.08/x", "", 0, 0644);
	room_file(root, "var/lib/flatpak/runtime/org.P/x86_64/23.08/x", "", 0, 0644);
	room_file(root, "var/lib/flatpak/app/org.example.App/x86_64/stable/x", "", 0, 0644);
	link_to("c0ffee", "var/lib/flatpak/app/org.example.App/x86_64/stable/active");
	link_to("aa", "var/lib/flatpak/runtime/org.P/x86_64/22.08/active");
	link_to("bb", "var/lib/flatpak/runtime/org.P/x86_64/23.08/active");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"flatpak:org.P name=org.P manager=flatpak version=22.08, 23.08 arch=x86_64 "
		"state=installed revision=aa, bb "
		"location=/var/lib/flatpak/runtime/org.P/x86_64/22.08, "
		"/var/lib/flatpak/runtime/org.P/x86_64/23.08\n"
		"flatpak:org.example.App name=org.example.App manager=flatpak version=stable "
		"arch=x86_64 state=installed revision=c0ffee "
		"location=/var/lib/flatpak/app/org.example.App/x86_64/stable\n"
		"snap:core name=core manager=snap version=16-2.61 state=installed revision=11 "
		"location=/var/lib/snapd/snaps/core_10.snap, /var/lib/snapd/snaps/core_11.snap\n");
}

/* A copy beside the system's own tells itself by having no package. */
static void who_delivered_it(void **state)
{
	(void)state;
	room_text(root, "var/lib/dpkg/status",
		"Package: python3-six\nStatus: install ok installed\nArchitecture: all\n"
		"Version: 1\n\n");
	room_text(root, "var/lib/dpkg/info/python3-six.list",
		"/usr/lib/python3/dist-packages/six-1.egg-info\n");
	room_text(root, "usr/lib/python3/dist-packages/six-1.egg-info", "Name: six\nVersion: 1\n");
	room_text(root, "usr/local/lib/python3.11/dist-packages/evil-1.egg-info",
		"Name: evil\nVersion: 1\n");
	(void)room_run(&sensor_package, root, SKIP);
	assert_non_null(strstr(room_find("pip:six"), " packaged_by=dpkg:python3-six:all"));
	assert_null(strstr(room_find("pip:evil"), "packaged_by"));
	/* Who cannot read what is owned does not say that it is not. */
	room_text(root, "var/lib/dpkg/status", "Package: python3-six\nSta");
	assert_non_null(
		strstr(room_run(&sensor_package, root, SKIP), "gap pip:… format: what packa"));
	assert_null(room_find("pip:six"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64),
		TEST(apk_packages),
		TEST(apk_files_know_their_digest),
		TEST(apk_that_is_cut_off),
		TEST(pip_packages),
		TEST(npm_packages),
		TEST(gem_packages),
		TEST(snaps_and_flatpaks),
		TEST(who_delivered_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
