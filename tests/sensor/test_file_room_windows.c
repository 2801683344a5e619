/* The room of files on Windows, on a folder of its own. */
#include <windows.h>

#include "core/sha256.h"
#include "file_scan.h"
#include "os/clock.h"
#include "os/windows/wide.h"
#include "sensor/file/file_room.h"

#define FIELDS \
	(kind_fields_with(&kind_file, FIELD_STANDARD) | field_bit(FILE_CTIME) | \
		field_bit(FILE_INODE) | FIELDS_EXISTENCE)

static char base[200];
static struct arena *arena;

static wchar_t *wide(const char *name)
{
	AUTO(buf) path = BUF_INIT(100000);

	buf_addf(&path, "%s%s%s", base, *name ? "\\" : "", name);
	return wide_path(arena, buf_span(&path));
}

static const char *path_of(const char *name)
{
	return arena_format(arena, "%s\\%s", base, name);
}

static HANDLE open_file(const char *name, DWORD share)
{
	return CreateFileW(wide(name), GENERIC_READ | GENERIC_WRITE, share, NULL, OPEN_ALWAYS, 0,
		NULL);
}

static void write_file(const char *name, const char *text)
{
	HANDLE h = open_file(name, 7);
	DWORD n;

	assert_true(h != INVALID_HANDLE_VALUE);
	assert_true(WriteFile(h, text, (DWORD)strlen(text), &n, NULL));
	assert_true(SetEndOfFile(h));
	CloseHandle(h);
}

static void make_folder(const char *name)
{
	assert_true(CreateDirectoryW(wide(name), NULL));
}

static void remove_tree(const char *name)
{
	WIN32_FIND_DATAW d;
	HANDLE find =
		FindFirstFileW(wide(arena_format(arena, "%s%s*", name, *name ? "\\" : "")), &d);

	while (find != INVALID_HANDLE_VALUE) {
		struct span text = wide_to_span_z(arena, d.cFileName);
		const char *path = arena_format(arena, "%s%s%s", name, *name ? "\\" : "", text.p);

		if (wcscmp(d.cFileName, L".") != 0 && wcscmp(d.cFileName, L"..") != 0) {
			if (d.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
				remove_tree(path);
			else
				DeleteFileW(wide(path));
		}
		if (!FindNextFileW(find, &d)) {
			FindClose(find);
			break;
		}
	}
	RemoveDirectoryW(wide(name));
}

static int make_base(void **state)
{
	wchar_t temp[MAX_PATH];
	struct span text;

	(void)state;
	arena = arena_new();
	GetTempPathW(MAX_PATH, temp);
	GetLongPathNameW(temp, temp, MAX_PATH);
	text = wide_to_span_z(arena, temp);
	snprintf(base, sizeof base, "%.*s%sInvar-room-%lu", (int)text.n, text.p,
		text.p[text.n - 1] == '\\' ? "" : "\\", GetCurrentProcessId());
	remove_tree("");
	make_folder("");
	return 0;
}

static int remove_base(void **state)
{
	(void)state;
	remove_tree("");
	arena_free(arena);
	return 0;
}

/* A scan of the base; end it with scan_end. */
static struct scan *look_with(const struct scan_options *o, const struct scan *before)
{
	struct scan *s = mem_new(sizeof *s);
	struct err e;

	scan_begin(s, base, FIELDS);
	if (o)
		s->options = *o;
	s->before = before;
	assert_int_equal(sensor_file.scan(s, &e), 0);
	return s;
}

static struct scan *look(void)
{
	return look_with(NULL, NULL);
}

static const struct seen *find(const struct scan *s, const char *name)
{
	return seen_find(s, path_of(name));
}

static struct span text_of(const struct seen *x, unsigned field)
{
	assert_true(record_has(&x->record, field));
	return x->record.v[field].bytes;
}

static const char *const odd_names[] = {
	"plain.txt",
	"trailing dot.",
	"trailing blank ",
	"CON",
	"nul.txt",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.txt",
	"\xf0\x9f\x98\x80.txt",
	"\xc3\xa4\xc3\xb6.txt",
	"UPPER and lower.TXT",
};

static void every_name_is_found_and_read(void **state)
{
	uint8_t md[SHA256_SIZE];
	struct scan *s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd_names); i++)
		write_file(odd_names[i], odd_names[i]);
	s = look();
	assert_int_equal(s->gaps, 0);
	assert_int_equal(s->n, ARRAY_LEN(odd_names) + 1);
	for (size_t i = 0; i < ARRAY_LEN(odd_names); i++) {
		const struct seen *x = find(s, odd_names[i]);

		assert_non_null(x);
		sha256_once(odd_names[i], strlen(odd_names[i]), md);
		assert_memory_equal(text_of(x, FILE_SHA256).p, md, sizeof md);
		assert_int_equal(x->record.v[FILE_SIZE].number, strlen(odd_names[i]));
		assert_int_equal(x->record.v[FILE_TYPE].number, FILE_REGULAR);
		assert_true(record_has(&x->record, FILE_INODE));
		assert_true(text_of(x, FILE_OWNER_SID).n > 6);
		assert_true(text_of(x, FILE_DACL).n > 6);
	}
	assert_int_equal(seen_find(s, base)->record.v[FILE_TYPE].number, FILE_DIRECTORY);
	scan_end(s);
}

static void paths_have_no_longest(void **state)
{
	AUTO(buf) path = BUF_INIT(100000);
	struct scan *s;

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		buf_addf(&path, "%sa folder with a name of some length, number %u", i ? "\\" : "",
			i);
		make_folder(buf_text(&path));
	}
	buf_add_text(&path, "\\file");
	assert_true(path.n > 500);
	write_file(buf_text(&path), "deep");
	s = look();
	assert_int_equal(s->gaps, 0);
	assert_non_null(find(s, buf_text(&path)));
	scan_end(s);
}

static void two_looks_are_equal(void **state)
{
	struct scan *a, *b;

	(void)state;
	write_file("x", "1");
	make_folder("d");
	write_file("d\\y", "2");
	a = look();
	b = look();
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_string_equal(a->seen[i].key, b->seen[i].key);
		assert_int_equal(record_diff(&a->seen[i].record, &b->seen[i].record), 0);
	}
	scan_end(a);
	scan_end(b);
}

static void a_quick_look_reads_what_changed_alone(void **state)
{
	struct scan_options quick = { .trust_stamps = true };
	struct scan *a, *b;

	(void)state;
	write_file("x", "1");
	write_file("z", "3");
	make_folder("d");
	write_file("d\\y", "2");
	a = look();
	b = look_with(&quick, a);
	assert_int_equal(b->same, a->n);
	assert_int_equal(b->n, 0);
	assert_int_equal(b->bytes, 0);
	scan_end(b);

	write_file("d\\y", "other");
	b = look_with(&quick, a);
	assert_int_equal(b->n, 1);
	assert_true(b->seen[0].late);
	assert_string_equal(b->seen[0].key, path_of("d\\y"));
	assert_int_equal(b->bytes, strlen("other"));
	scan_end(b);
	scan_end(a);
}

static void what_is_in_use_is_a_gap(void **state)
{
	const struct seen *x;
	struct scan *s;
	HANDLE h;

	(void)state;
	write_file("x", "1");
	h = open_file("locked", 0);
	assert_true(h != INVALID_HANDLE_VALUE);
	s = look();
	assert_int_equal(s->gaps, 1);
	assert_non_null(strstr(s->gap, "locked|io|unreadable now"));
	x = find(s, "locked");
	assert_non_null(x);
	assert_int_equal(x->record.v[FILE_CONTENT].number, CONTENT_UNREADABLE);
	assert_true(x->unknown & field_bit(FILE_SHA256));
	assert_false(x->unknown & field_bit(FILE_SIZE));
	scan_end(s);
	CloseHandle(h);
	s = look();
	assert_int_equal(s->gaps, 0);
	scan_end(s);
}

static void points_are_looked_at_alone(void **state)
{
	struct span points[] = { span_of(path_of("gone")), span_of(path_of("no\\way")),
		span_of(path_of("WRONG")), span_of(path_of("d")), span_of(path_of("x")) };
	struct scan_options o = { .points = points, .n_points = ARRAY_LEN(points) };
	struct scan *s;

	(void)state;
	write_file("x", "1");
	write_file("wrong", "1");
	make_folder("d");
	write_file("d\\y", "2");
	s = look_with(&o, NULL);
	assert_int_equal(s->gaps, 0);
	for (size_t i = 0; i < s->n; i++) {
		const struct seen *p = &s->seen[i];
		bool there = strcmp(p->key, path_of("d")) == 0 || strcmp(p->key, path_of("x")) == 0;
		bool folder = strcmp(p->key, path_of("d")) == 0;

		assert_true(p->late || p->gone || p->hollow);
		assert_true(!p->late || there);
		assert_true(!p->gone || !there);
		assert_true(!p->hollow || !folder);
	}
	assert_int_equal(s->n, 2 * 3 + 2 + 1);
	scan_end(s);
}

static void one_folder_below_is_enough(void **state)
{
	struct span below[] = { span_of(path_of("d")) };
	struct scan_options o = { .below = below, .n_below = 1 };
	struct scan *s;

	(void)state;
	write_file("x", "1");
	make_folder("d");
	make_folder("d\\e");
	write_file("d\\y", "2");
	write_file("d\\e\\z", "3");
	make_folder("d2");
	s = look_with(&o, NULL);
	assert_int_equal(s->n, 4);
	assert_non_null(find(s, "d"));
	assert_non_null(find(s, "d\\e\\z"));
	scan_end(s);
}

static void our_own_folder_is_spared(void **state)
{
	struct scan_options o = { 0 };
	struct scan *s;

	(void)state;
	make_folder("Own");
	write_file("Own\\secret", "1");
	write_file("x", "1");
	o.spare = path_of("OWN"); /* by its number, not its name */
	s = look_with(&o, NULL);
	assert_int_equal(s->n, 2);
	scan_end(s);
}

static void a_renamed_file_keeps_its_number(void **state)
{
	struct scan *a, *b;

	(void)state;
	write_file("x", "1");
	a = look();
	assert_true(MoveFileW(wide("x"), wide("X2")));
	b = look();
	assert_int_equal(find(a, "x")->record.v[FILE_INODE].number,
		find(b, "X2")->record.v[FILE_INODE].number);
	scan_end(a);
	scan_end(b);
	assert_true(MoveFileW(wide("X2"), wide("other"))); /* Wine does not do it at once */
	assert_true(MoveFileW(wide("other"), wide("x2")));
	b = look();
	assert_non_null(find(b, "x2")); /* the case on disk */
	assert_null(find(b, "X2"));
	scan_end(b);
}

static void attributes_are_told(void **state)
{
	struct scan *s;

	(void)state;
	write_file("x", "1");
	assert_true(SetFileAttributesW(wide("x"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM));
	s = look();
	assert_true(span_is(text_of(find(s, "x"), FILE_ATTRIBUTES), "SH") ||
		    span_is(text_of(find(s, "x"), FILE_ATTRIBUTES), "ASH")); /* of Wine */
	scan_end(s);
}

static void many_files_are_quick(void **state)
{
	struct scan_options quick = { .trust_stamps = true };
	struct scan *a, *b;
	int64_t at[3];

	(void)state;
	for (unsigned d = 0; d < 50; d++) {
		make_folder(arena_format(arena, "d%u", d));
		for (unsigned i = 0; i < 100; i++)
			write_file(arena_format(arena, "d%u\\f%u", d, i), "content of a file");
	}
	at[0] = clock_monotonic();
	a = look();
	at[1] = clock_monotonic();
	b = look_with(&quick, a);
	at[2] = clock_monotonic();
	assert_int_equal(a->n, 5051);
	assert_int_equal(b->same, 5051);
	print_message("5,000 files: %u ms, quick %u ms\n", (unsigned)((at[1] - at[0]) / 1000000),
		(unsigned)((at[2] - at[1]) / 1000000));
	scan_end(b);
	scan_end(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_base, remove_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_name_is_found_and_read),
		TEST(paths_have_no_longest),
		TEST(two_looks_are_equal),
		TEST(a_quick_look_reads_what_changed_alone),
		TEST(what_is_in_use_is_a_gap),
		TEST(points_are_looked_at_alone),
		TEST(one_folder_below_is_enough),
		TEST(our_own_folder_is_spared),
		TEST(a_renamed_file_keeps_its_number),
		TEST(attributes_are_told),
		TEST(many_files_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
