/* rpm's three databases, made here byte by byte, and what is wrong with them. */
#include <sqlite3.h>

#include "entity/package.h"
#include "host/package.h"
#include "host/package_rpm_parse.h"
#include "room.h"
#include "sensor/package/package_room.h"

#define SKIP field_bit(PACKAGE_MANIFEST)
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define TINY \
	"rpm:tiny:x86_64 name=tiny manager=rpm version=2:1.2-3 arch=x86_64 state=installed " \
	"installed=2023-11-14T22:13:20.000000000Z origin=A Vendor source=tiny.src.rpm files=3\n"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_file(root, "var/lib/rpm", NULL, 0, 0755);
	room_file(root, "var/lib/rpm/x", "", 0, 0644);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

/* ---- a header ---- */

static void put(struct buf *b, uint64_t n, unsigned bytes, bool big)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_add_char(b, (char)(n >> 8 * (big ? bytes - 1 - i : i)));
}

struct maker {
	struct buf index, data;
	unsigned tags;
};

static void tag(struct maker *m, enum rpm_tag t, unsigned type, unsigned count)
{
	put(&m->index, (uint64_t)t, 4, true);
	put(&m->index, type, 4, true);
	put(&m->index, m->data.n, 4, true);
	put(&m->index, count, 4, true);
	m->tags++;
}

static void texts(struct maker *m, enum rpm_tag t, unsigned count, const char *const *list)
{
	tag(m, t, count == 1 ? 6 : 8, count);
	for (unsigned i = 0; i < count; i++)
		buf_add(&m->data, list[i], strlen(list[i]) + 1);
}

static void text(struct maker *m, enum rpm_tag t, const char *value)
{
	texts(m, t, 1, &value);
}

static void numbers(struct maker *m, enum rpm_tag t, unsigned width, unsigned count,
	const uint32_t *list)
{
	tag(m, t, width == 2 ? 3 : width == 1 ? 1 : 4, count);
	for (unsigned i = 0; i < count; i++)
		put(&m->data, list[i], width, true);
}

#define TEXTS(m, t, ...) texts(m, t, 4, (const char *const[]){ __VA_ARGS__ })
#define NUMBERS(m, t, w, ...) numbers(m, t, w, 4, (const uint32_t[]){ __VA_ARGS__ })

/* Four files, the last of which was not installed. */
static struct buf header(const char *name, const char *version)
{
	struct maker m = { BUF_INIT(65536), BUF_INIT(65536), 0 };
	struct buf all = BUF_INIT(65536);
	const char *const folders[] = { "/usr/bin/", "/etc/" };

	text(&m, RPM_NAME, name);
	text(&m, RPM_VERSION, version);
	text(&m, RPM_RELEASE, "3");
	numbers(&m, RPM_EPOCH, 4, 1, (const uint32_t[]){ 2 });
	numbers(&m, RPM_INSTALLED, 4, 1, (const uint32_t[]){ 1700000000 });
	text(&m, RPM_VENDOR, "A Vendor");
	text(&m, RPM_ARCH, "x86_64");
	text(&m, RPM_SOURCE, "tiny.src.rpm");
	texts(&m, RPM_FOLDERS, 2, folders);
	TEXTS(&m, RPM_BASE_NAMES, "tiny", "link", "tiny.conf", "tiny.de");
	NUMBERS(&m, RPM_FOLDER_INDEXES, 4, 0, 0, 1, 1);
	NUMBERS(&m, RPM_FILE_MODES, 2, 0104755, 0120777, 0100640, 0100644);
	NUMBERS(&m, RPM_FILE_SIZES, 4, 3, 4, 3, 3);
	NUMBERS(&m, RPM_FILE_MTIMES, 4, 1600000000, 1, 1, 1);
	NUMBERS(&m, RPM_FILE_FLAGS, 4, 0, 0, 1, 0);
	NUMBERS(&m, RPM_FILE_STATES, 1, 0, 0, 0, 2);
	TEXTS(&m, RPM_FILE_DIGESTS, SHA256_ABC, "", SHA256_ABC, SHA256_ABC);
	TEXTS(&m, RPM_FILE_TARGETS, "", "tiny", "", "");
	TEXTS(&m, RPM_FILE_OWNERS, "root", "root", "root", "root");
	TEXTS(&m, RPM_FILE_GROUPS, "root", "root", "daemon", "root");
	TEXTS(&m, RPM_FILE_CAPS, "cap_net_raw=ep", "", "", "");
	numbers(&m, RPM_DIGEST_ALGORITHM, 4, 1, (const uint32_t[]){ 8 });
	put(&all, m.tags, 4, true);
	put(&all, m.data.n, 4, true);
	buf_add_span(&all, buf_span(&m.index));
	buf_add_span(&all, buf_span(&m.data));
	buf_done(&m.index);
	buf_done(&m.data);
	return all;
}

/* ---- the databases ---- */

static void write_sqlite(const struct span *blobs, int n)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	char path[256];

	snprintf(path, sizeof path, "%s/var/lib/rpm/rpmdb.sqlite", root);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	/* As rpm has it; closed, its journal is gone. */
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY "
				 "AUTOINCREMENT, blob BLOB NOT NULL)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	for (int i = 0; i < n; i++) {
		assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Packages (blob) VALUES (?)",
					 -1, &q, NULL),
			SQLITE_OK);
		sqlite3_bind_blob(q, 1, blobs[i].p, (int)blobs[i].n, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(q), SQLITE_DONE);
		sqlite3_finalize(q);
	}
	sqlite3_close(db);
}

static void fill(struct buf *b, size_t to)
{
	while (b->n < to)
		buf_add_char(b, '\0');
}

static void write_ndb(struct span blob)
{
	AUTO(buf) b = BUF_INIT(65536);

	buf_add_text(&b, "RpmP");
	put(&b, 0, 4, false);
	put(&b, 1, 4, false);
	put(&b, 1, 4, false);
	put(&b, 8, 4, false);
	fill(&b, 32);
	buf_add_text(&b, "Slot"); /* free */
	fill(&b, 48);
	buf_add_text(&b, "Slot");
	put(&b, 7, 4, false);
	put(&b, 4096 / 16, 4, false);
	put(&b, 1, 4, false);
	while (b.n < 4096) {
		buf_add_text(&b, "Slot");
		fill(&b, (b.n + 15) / 16 * 16);
	}
	buf_add_text(&b, "BlbS");
	put(&b, 7, 4, false);
	put(&b, 1, 4, false);
	put(&b, blob.n, 4, false);
	buf_add_span(&b, blob);
	room_file(root, "var/lib/rpm/Packages.db", b.p, b.n, 0644);
}

#define PAGE ((size_t)512)

/* Page 0 says what it is, page 1 has the pairs, the value fills pages 2 and on. after: the page
 * behind the last one. */
static void write_bdb(struct span blob, bool big, uint32_t after)
{
	AUTO(buf) b = BUF_INIT(65536);
	size_t part = PAGE - BDB_PAGE_HEAD, n = blob.n;

	fill(&b, 12);
	put(&b, 0x061561, 4, big);
	put(&b, 9, 4, big);
	put(&b, PAGE, 4, big);
	put(&b, 8 << 8, 2, false);
	fill(&b, 32);
	put(&b, 1 + (n + part - 1) / part, 4, big);
	fill(&b, PAGE + 20);
	put(&b, 4, 2, big); /* two pairs; the first counts the packages under the key 0 */
	put(&b, 0, 2, big);
	put(&b, 13 << 8, 2, false);
	for (unsigned i = 0; i < 4; i++)
		put(&b, PAGE - (const unsigned[]){ 5, 10, 15, 27 }[i], 2, big);
	fill(&b, PAGE + PAGE - 27);
	put(&b, 3, 4, false); /* elsewhere */
	put(&b, 2, 4, big);
	put(&b, n, 4, big);
	for (unsigned i = 0; i < 3; i++) {
		put(&b, 1, 1, false);
		put(&b, (const unsigned[]){ 5, 9, 0 }[i], 4, big);
	}
	for (size_t page = 2; blob.n; page++) {
		n = blob.n < part ? blob.n : part;
		fill(&b, page * PAGE + 16);
		put(&b, n < blob.n ? page + 1 : after, 4, big);
		fill(&b, page * PAGE + 22);
		put(&b, n, 2, big);
		put(&b, 7 << 8, 2, false);
		buf_add(&b, blob.p, n);
		blob = span_from_offset(blob, n);
		fill(&b, page * PAGE + PAGE);
	}
	room_file(root, "var/lib/rpm/Packages", b.p, b.n, 0644);
}

static void patch(const char *file, size_t at, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/var/lib/rpm/%s", root, file);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, (long)at, SEEK_SET);
	assert_int_equal(fwrite(text, strlen(text), 1, f), 1);
	fclose(f);
}

/* ---- tests ---- */

#define ID "\x01\x23\x45\x67\x89\xab\xcd\xef"

static void a_signature_names_its_key(void **state)
{
	static const char v3[] = "\x88\x0f\x03\x05\x00tttt" ID;
	static const char v4[] = "\xc2\x14\x04\x00\x01\x08\x00\x02\x01\x02\x00\x0a\x09\x10" ID;
	static const char v4_print[] = "\xc2\x20\x04\x00\x01\x08\x00\x17\x16\x21\x04"
				       "ffffffffffff" ID "\x00\x00ss";
	uint8_t id[8];

	(void)state;
	assert_false(pgp_signer(SPAN_NONE, id));
	assert_true(pgp_signer(span_from(v3, sizeof v3 - 1), id));
	assert_memory_equal(id, ID, 8);
	memset(id, 0, 8);
	assert_true(pgp_signer(span_from(v4, sizeof v4 - 1), id));
	assert_memory_equal(id, ID, 8);
	memset(id, 0, 8);
	assert_true(pgp_signer(span_from(v4_print, sizeof v4_print - 1), id));
	assert_memory_equal(id, ID, 8);
	for (size_t n = 0; n < sizeof v4 - 1; n++) /* cut off anywhere */
		assert_false(pgp_signer(span_from(v4, n), id));
}

static void the_formats_say_the_same(void **state)
{
	AUTO(buf) b = header("tiny", "1.2");
	struct span blob = buf_span(&b);
	char path[256];

	(void)state;
	assert_true(b.n > PAGE); /* so that a chain has two pages */
	write_bdb(blob, false, 0);
	assert_string_equal(room_run(&sensor_package, root, SKIP), TINY);
	write_bdb(blob, true, 0);
	assert_string_equal(room_run(&sensor_package, root, SKIP), TINY);
	write_ndb(blob);
	assert_string_equal(room_run(&sensor_package, root, SKIP), TINY);
	write_sqlite(&blob, 1);
	assert_string_equal(room_run(&sensor_package, root, SKIP), TINY);
	for (const char *const *p = (const char *const[]){ "-wal", "-shm", "-journal", NULL }; *p;
		p++) {
		snprintf(path, sizeof path, "%s/var/lib/rpm/rpmdb.sqlite%s", root, *p);
		assert_int_equal(access(path, F_OK), -1); /* nothing was written */
	}
}

static void files_know_all_of_themselves(void **state)
{
	AUTO(buf) b = header("tiny", "1.2");
	struct host_options o = { .root = root };
	AUTO_FREE(host) h = NULL;
	struct packaged_file f;
	struct span blob = buf_span(&b);
	struct err e;

	(void)state;
	write_sqlite(&blob, 1);
	assert_int_equal(host_open(&h, &o, &e), 0);
	assert_true(host_has_file_lists(h));
	assert_int_equal(host_packaged_file(h, span_of("/usr/bin/tiny"), &f, &e), 1);
	assert_int_equal(f.has, PACKAGED_SHA256 | PACKAGED_SIZE | PACKAGED_MODE | PACKAGED_OWNER |
					PACKAGED_MTIME | PACKAGED_CAPS);
	assert_int_equal(f.sha256[0], 0xba);
	assert_int_equal(f.mode, 0104755);
	assert_true(f.size == 3 && f.mtime == 1600000000 && span_is(f.caps, "cap_net_raw=ep"));
	assert_int_equal(host_packaged_file(h, span_of("/usr/bin/link"), &f, &e), 1);
	assert_int_equal(f.has, PACKAGED_MODE | PACKAGED_OWNER | PACKAGED_TARGET);
	assert_true(span_is(f.target, "tiny"));
	assert_int_equal(host_packaged_file(h, span_of("/etc/tiny.conf"), &f, &e), 1);
	assert_true(f.has & PACKAGED_CONFIG && span_is(f.group, "daemon"));
	assert_null(host_path_owner(h, span_of("/etc/tiny.de")));
}

static void two_versions_are_one_package(void **state)
{
	AUTO(buf) a = header("kernel", "5.1");
	AUTO(buf) b = header("kernel", "5.2");
	struct span blobs[2] = { buf_span(&a), buf_span(&b) };
	const char *line;

	(void)state;
	write_sqlite(blobs, 2);
	(void)room_run(&sensor_package, root, SKIP);
	line = room_find("rpm:kernel:x86_64");
	assert_non_null(strstr(line, " version=2:5.1-3, 2:5.2-3 "));
	assert_non_null(strstr(line, " files=6"));
	assert_int_equal(room.n, 1);
}

static void bad_headers_are_one_gap(void **state)
{
	AUTO(buf) good = header("tiny", "1.2");
	AUTO(buf) nameless = header("", "1.2");
	struct span blobs[3] = { span_of("junk"), buf_span(&good), buf_span(&nameless) };

	(void)state;
	write_sqlite(blobs, 3);
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/rpmdb.sqlite': a header of 4 bytes (and 1 "
		"more)\n" TINY);
}

static void broken_databases_are_gaps(void **state)
{
	AUTO(buf) b = header("tiny", "1.2");

	(void)state;
	write_bdb(buf_span(&b), false, 0);
	room_text(root, "var/lib/rpm/rpmdb.sqlite",
		"this is no database, only text of some length");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/rpmdb.sqlite': file is not a database\n");
	room_text(root, "var/lib/rpm/Packages.db", "RpmP");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/rpmdb.sqlite': file is not a database\n");
	room_root_done(root);
	(void)setup(state);
	room_text(root, "var/lib/rpm/Packages.db", "RpmP");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/Packages.db': ends at byte 4\n");
	write_ndb(buf_span(&b));
	patch("Packages.db", 48, "Slut");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/Packages.db': a slot that is none\n");
	room_root_done(root);
	(void)setup(state);
	write_bdb(buf_span(&b), false, 0);
	patch("Packages", PAGE + PAGE - 5, "\x07");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/Packages': a pair that is none\n" TINY);
	patch("Packages", PAGE + PAGE - 15, "\x07");
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/Packages': a pair that is none (and 1 more)\n");
}

/* A chain of pages that leads back into itself. */
static void a_circle_ends(void **state)
{
	AUTO(buf) b = header("tiny", "1.2");
	struct span blob = buf_span(&b);
	char path[256];
	FILE *f;

	(void)state;
	write_bdb(blob, false, 2);
	assert_string_equal(room_run(&sensor_package, root, SKIP), TINY);
	snprintf(path, sizeof path, "%s/var/lib/rpm/Packages", root);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, (long)(2 * PAGE - 27 + 8), SEEK_SET);
	fwrite("\0\0\0\x08", 1, 4, f); /* a length of 128 MiB */
	fclose(f);
	(void)room_run(&sensor_package, root, SKIP); /* comes back */
	write_bdb(blob, false, 0);
	f = fopen(path, "r+"); /* a page of no bytes, followed by itself */
	assert_non_null(f);
	fseek(f, (long)(2 * PAGE + 16), SEEK_SET);
	fwrite("\2\0\0\0\0\0\0\0", 1, 8, f);
	fclose(f);
	assert_string_equal(room_run(&sensor_package, root, SKIP),
		"gap rpm:… format: 'var/lib/rpm/Packages': a chain of pages that is cut off\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_names_its_key),
		cmocka_unit_test_setup_teardown(the_formats_say_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(files_know_all_of_themselves, setup, teardown),
		cmocka_unit_test_setup_teardown(two_versions_are_one_package, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_headers_are_one_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_databases_are_gaps, setup, teardown),
		cmocka_unit_test_setup_teardown(a_circle_ends, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
