/* A file in place of another one: all of it, or the old one. Reading all. A file that grows. */
#include "../check.h"
#include "../folder.h"

#ifdef _WIN32
#include <windows.h>

#include "os/windows/wide.h"
#endif

static char folder[512];

static int setup(void **state)
{
	(void)state;
	return folder_make(NULL, folder, sizeof folder);
}

static int teardown(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static size_t names(void)
{
	AUTO_FREE(arena) a = arena_new();
	struct folder *f = folder_open(folder);
	const char *name;
	size_t n = 0;

	assert_non_null(f);
	while (folder_next(f, a, &name) == 1)
		n++;
	folder_close(f);
	return n;
}

static void assert_file(const char *path, const char *text)
{
	char got[64] = "";
	int fd = file_open(path);

	assert_true(fd >= 0);
	assert_int_equal(file_read(fd, got, sizeof got - 1), strlen(text));
	assert_string_equal(got, text);
	file_close(fd);
}

static void the_file_is_another_one(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, folder, "cursor");
	int fd;

	(void)state;
	assert_int_equal(file_replace(path, span_of("the first one")), 0);
	assert_file(path, "the first one");
	assert_int_equal(file_replace(path, span_of("two")), 0);
	assert_file(path, "two");
	assert_int_equal(names(), 1);

	/* of who was killed while writing */
	fd = file_make(arena_format(a, "%s.new", path));
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of("longer than what comes")), 0);
	file_close(fd);
	assert_int_equal(file_replace(path, span_of("three")), 0);
	assert_file(path, "three");
	assert_int_equal(names(), 1);
}

static void what_cannot_be_replaced_stays(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, folder, "place");

	(void)state;
	assert_int_equal(file_make_folder(path), 0); /* no file takes the place of a folder */
	assert_int_equal(file_replace(path, span_of("x")), -1);
	assert_int_equal(names(), 1);
	assert_int_equal(file_remove_folder(path), 0);
	assert_int_equal(file_replace(file_join(a, path, "inside"), span_of("x")), -1);
}

/* Around a read's size, and at the most that is wanted. */
static void all_of_a_file_is_read(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 40000 };
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, folder, "whole");
	char *bytes = arena_get(a, 40001);

	(void)state;
	for (size_t i = 0; i < 40001; i++)
		bytes[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (size_t more = 0; more < 2; more++) {
			AUTO(buf) got = BUF_INIT(sizes[i] + 1);
			int fd;

			assert_int_equal(file_replace(path, span_from(bytes, sizes[i] + more)), 0);
			fd = file_open(path);
			assert_true(fd >= 0);
			assert_int_equal(file_read_all(fd, sizes[i], &got), more);
			file_close(fd);
			if (!more)
				assert_true(span_same(buf_span(&got), span_from(bytes, sizes[i])));
		}
	}
}

static void a_file_grows_at_its_end(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, folder, "log");
	char got[8] = "";
	int fd = file_open_append(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_size(fd), 0);
	assert_int_equal(file_write_at(fd, 0, span_of("one\n")), 0);
	file_close(fd);
	fd = file_open_append(path);
	assert_true(fd >= 0);
	assert_int_equal(file_size(fd), 4);
	assert_int_equal(file_read_at(fd, 1, got, 3), 3);
	assert_string_equal(got, "ne\n");
	assert_int_equal(file_write_at(fd, 4, span_of("two\nthr")), 0);
	assert_int_equal(file_cut(fd, 8), 0);
	assert_int_equal(file_size(fd), 8);
	assert_int_equal(file_write_at(fd, 8, span_of("3\n")), 0);
	assert_int_equal(file_sync(fd), 0);
	file_close(fd);
	assert_file(path, "one\ntwo\n3\n");
	assert_int_equal(file_open_append(file_join(a, path, "inside")), -1);
	assert_int_equal(file_remove(path), 0);
	assert_int_equal(file_remove(path), -1);
}

#ifdef _WIN32
static DWORD WINAPI let_go(void *held)
{
	Sleep(100);
	CloseHandle(held);
	return 0;
}

/* As what looks for viruses does with what was just written. */
static void what_somebody_holds_for_a_moment_is_replaced(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	const char *path = file_join(a, folder, "cursor");
	HANDLE held, thread;

	(void)state;
	assert_int_equal(file_replace(path, span_of("one")), 0);
	held = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0,
		NULL);
	assert_ptr_not_equal(held, INVALID_HANDLE_VALUE);
	thread = CreateThread(NULL, 0, let_go, held, 0, NULL);
	assert_int_equal(file_replace(path, span_of("two")), 0);
	assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	CloseHandle(thread);
	assert_file(path, "two");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_is_another_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_replaced_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(all_of_a_file_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_grows_at_its_end, setup, teardown),
#ifdef _WIN32
		cmocka_unit_test_setup_teardown(what_somebody_holds_for_a_moment_is_replaced, setup,
			teardown),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
