/* The room that listens to folders, on a scratch folder of this host: what is said, and what is
 * not.
 */
#include <stdio.h>
#include <windows.h>

#include "../check.h"
#include "core/fold.h"
#include "core/mem.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "os/windows/wide.h"
#include "watch/windows/rooms.h"

#define WAIT_MS 60000
#define QUIET_MS 400
#define HINTS 2000

/* ---- the frame, a policy and a room of another kind ---- */

struct hearing {
	HANDLE end, said;
	CRITICAL_SECTION lock;
	char hint[HINTS][400];
	size_t n, means, losses;
	bool ready;
};

static struct hearing frame;
static char scratch[300], base[300], later[300], source[300], spare[300];

const struct policy *hearing_policy(const struct hearing *h)
{
	(void)h;
	return NULL;
}

HANDLE hearing_end(const struct hearing *h)
{
	return h->end;
}

const char *hearing_spare(const struct hearing *h)
{
	(void)h;
	return spare;
}

void hear_hint(struct hearing *h, const struct hint *x)
{
	EnterCriticalSection(&h->lock);
	assert_true(x->time > 0 && x->why.n > 0);
	if (h->n < HINTS)
		snprintf(h->hint[h->n++], sizeof *h->hint, "%s %.*s%s", x->kind->name,
			(int)x->key.n, x->key.n ? x->key.p : "", x->below ? " ..." : "");
	LeaveCriticalSection(&h->lock);
	SetEvent(h->said);
}

void hear_loss(struct hearing *h, const struct loss *x)
{
	(void)x;
	h->losses++;
}

void hear_means(struct hearing *h, const struct means *x)
{
	h->means += x->in_force;
}

void hear_ready(struct hearing *h)
{
	h->ready = true;
	SetEvent(h->said);
}

static const char *bases[] = { base, later, NULL };
static const struct rule files = { .kind = &kind_file, .real_time = true, .bases = bases };
static const struct rule tasks = { .kind = &kind_cron, .real_time = true };

const struct rule *const *policy_rules(const struct policy *p)
{
	static const struct rule *const rules[] = { &files, &tasks, NULL };

	(void)p;
	return rules;
}

static bool at_or_below(struct span path, const char *folder)
{
	struct span rest;

	return fold_starts(path, span_of(folder), &rest) && (rest.n == 0 || rest.p[0] == '\\');
}

bool policy_select(const struct policy *p, const struct kind *k, struct span key,
	const struct record *r, struct selection *ret)
{
	(void)p;
	(void)k;
	(void)r;
	*ret = (struct selection){ .n = 1, .rule = { &files } };
	return at_or_below(key, base) || at_or_below(key, later);
}

/* Every folder may hold something, but for one. */
struct scope {
	int unused;
};

static struct scope the_scope;

static struct scope *top(const void *policy, const struct kind *k)
{
	(void)policy;
	(void)k;
	return &the_scope;
}

static struct scope *enter(struct scope *d, struct span name, bool other_mount)
{
	(void)other_mount;
	return span_is(name, "elsewhere") ? NULL : d;
}

static void leave(struct scope *d)
{
	(void)d;
}

struct selector policy_selector(const struct policy *p)
{
	(void)p;
	return (struct selector){ .top = top, .enter = enter, .leave = leave };
}

static struct watch_source watches[] = {
	{ WATCH_FILE, source, 0 },
	{ WATCH_END, NULL, 0 },
};
static const struct sensor sensor_test = { .kind = &kind_cron, .watches = watches };
const struct sensor *const sensors[] = { &sensor_test, NULL };

/* ---- what happens, and what is said of it ---- */

static struct arena *arena;

static wchar_t *wide(const char *name)
{
	return wide_path(arena, span_of(arena_format(arena, "%s\\%s", scratch, name)));
}

static void make(const char *folder)
{
	assert_true(CreateDirectoryW(wide(folder), NULL));
}

static void put(const char *name)
{
	HANDLE h = CreateFileW(wide(name), GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
	DWORD n;

	assert_true(h != INVALID_HANDLE_VALUE);
	assert_true(SetFilePointer(h, 0, NULL, FILE_END) != INVALID_SET_FILE_POINTER);
	assert_true(WriteFile(h, "x", 1, &n, NULL));
	CloseHandle(h);
}

static bool was_said(const char *hint)
{
	bool hit = false;

	EnterCriticalSection(&frame.lock);
	for (size_t i = 0; i < frame.n; i++)
		hit = hit || strcmp(frame.hint[i], hint) == 0;
	LeaveCriticalSection(&frame.lock);
	return hit;
}

static void expect(const char *kind, const char *name, const char *how)
{
	const char *hint = arena_format(arena, "%s %s%s%s%s", kind, *name ? scratch : "",
		*name ? "\\" : "", name, how);

	for (unsigned ms = 0; !was_said(hint); ms += 20) {
		if (ms > WAIT_MS)
			fail_msg("not said: %s", hint);
		WaitForSingleObject(frame.said, 20);
	}
}

static void forget(void)
{
	Sleep(QUIET_MS);
	EnterCriticalSection(&frame.lock);
	frame.n = 0;
	LeaveCriticalSection(&frame.lock);
}

static void expect_silence(void)
{
	Sleep(QUIET_MS);
	for (size_t i = 0; i < frame.n; i++)
		print_error("said: %s\n", frame.hint[i]);
	assert_int_equal(frame.n, 0);
}

static HANDLE thread;

static DWORD WINAPI run(void *ctx)
{
	struct err e = { 0 };

	(void)ctx;
	return (DWORD)-hearing_folders.run(&frame, &e);
}

static int begin(void **state)
{
	wchar_t temp[MAX_PATH];
	struct span text;

	(void)state;
	arena = arena_new();
	GetTempPathW(MAX_PATH, temp);
	GetLongPathNameW(temp, temp, MAX_PATH);
	text = wide_to_span_z(arena, temp);
	snprintf(scratch, sizeof scratch, "%.*sInvar-Hearing-%lu", (int)text.n, text.p,
		GetCurrentProcessId());
	snprintf(base, sizeof base, "%s\\Base", scratch);
	snprintf(later, sizeof later, "%s\\way\\later", scratch);
	snprintf(source, sizeof source, "%s\\Tasks\\**", scratch);
	snprintf(spare, sizeof spare, "%s\\base\\own", scratch); /* in another case */
	assert_true(CreateDirectoryW(wide(""), NULL));
	make("Base");
	make("Tasks");
	frame = (struct hearing){ .end = CreateEventW(NULL, TRUE, FALSE, NULL),
		.said = CreateEventW(NULL, FALSE, FALSE, NULL) };
	InitializeCriticalSection(&frame.lock);
	thread = CreateThread(NULL, 0, run, NULL, 0, NULL);
	for (unsigned ms = 0; !frame.ready; ms += 20) {
		assert_true(ms < WAIT_MS);
		WaitForSingleObject(frame.said, 20);
	}
	return 0;
}

static void remove_tree(const char *name)
{
	WIN32_FIND_DATAW d;
	HANDLE find =
		FindFirstFileW(wide(arena_format(arena, "%s%s*", name, *name ? "\\" : "")), &d);

	for (BOOL more = find != INVALID_HANDLE_VALUE; more; more = FindNextFileW(find, &d)) {
		struct span text = wide_to_span_z(arena, d.cFileName);
		const char *path = arena_format(arena, "%s%s%s", name, *name ? "\\" : "", text.p);

		if (d.cFileName[0] == '.')
			continue;
		if (d.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
			remove_tree(path);
		else
			DeleteFileW(wide(path));
	}
	if (find != INVALID_HANDLE_VALUE)
		FindClose(find);
	RemoveDirectoryW(wide(name));
}

static int end(void **state)
{
	DWORD code = 1;

	(void)state;
	SetEvent(frame.end);
	assert_int_equal(WaitForSingleObject(thread, WAIT_MS), WAIT_OBJECT_0);
	GetExitCodeThread(thread, &code);
	assert_int_equal(code, 0);
	CloseHandle(thread);
	remove_tree("");
	arena_free(arena);
	return 0;
}

static void a_file_is_heard_of_by_each_name(void **state)
{
	(void)state;
	assert_true(frame.means > 0);
	put("Base\\new.txt");
	expect("file", "Base\\new.txt", "");
	forget();
	put("Base\\new.txt");
	expect("file", "Base\\new.txt", "");
	forget();
	assert_true(MoveFileW(wide("Base\\new.txt"), wide("Base\\other.txt")));
	expect("file", "Base\\new.txt", "");
	expect("file", "Base\\other.txt", "");
	forget();
	assert_true(DeleteFileW(wide("Base\\other.txt")));
	expect("file", "Base\\other.txt", "");
	assert_int_equal(frame.losses, 0);
}

static void a_folder_comes_with_what_is_in_it(void **state)
{
	(void)state;
	make("Base\\sub");
	expect("file", "Base\\sub", " ...");
	forget();
	put("Base\\sub\\deep");
	expect("file", "Base\\sub\\deep", "");
}

/* Wine, too, tells what was opened as "LONGNA~1" by that name. */
static void a_short_name_that_goes_is_looked_for_in_its_folder(void **state)
{
	(void)state;
	make("Base\\sub");
	put("Base\\sub\\LONGNA~1.TXT");
	put("Base\\sub\\note.tx~");
	expect("file", "Base\\sub\\note.tx~", "");
	forget();
	assert_true(DeleteFileW(wide("Base\\sub\\note.tx~")));
	expect("file", "Base\\sub\\note.tx~", "");
	assert_false(was_said(arena_format(arena, "file %s\\sub ...", base)));
	assert_true(DeleteFileW(wide("Base\\sub\\LONGNA~1.TXT")));
	expect("file", "Base\\sub", " ...");
}

static void a_base_is_waited_for(void **state)
{
	(void)state;
	make("way");
	forget();
	make("way\\later");
	expect("file", "way\\later", " ...");
	forget();
	put("way\\later\\x");
	expect("file", "way\\later\\x", "");
	/* Wine keeps a folder that is deleted till nobody has it open, and says nothing of it: what
	 * follows on Windows (the watch ends, the base is waited for again) is not tried here. */
}

static void others_are_told_of_what_they_are_read_from(void **state)
{
	(void)state;
	put("Tasks\\job");
	expect("cron", "", "");
	for (size_t i = 0; i < frame.n; i++)
		assert_true(strncmp(frame.hint[i], "file", 4) != 0);
}

static void what_nobody_asked_for_is_silent(void **state)
{
	(void)state;
	expect_silence();
	put("beside.txt");
	make("elsewhere");
	make("Base\\Own"); /* our own */
	put("Base\\Own\\secret");
	expect_silence();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_heard_of_by_each_name),
		TEST(a_folder_comes_with_what_is_in_it),
		TEST(a_short_name_that_goes_is_looked_for_in_its_folder),
		TEST(a_base_is_waited_for),
		TEST(others_are_told_of_what_they_are_read_from),
		TEST(what_nobody_asked_for_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
