/* The room that listens to the registry, on a scratch key of this host: what is said, and that it
 * is said once. */
#include <stdio.h>
#include <windows.h>

#include "../check.h"
#include "core/attr.h"
#include "core/fold.h"
#include "entity/package.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "watch/windows/rooms.h"

#define SCRATCH L"SOFTWARE\\InvarTestHearing"
#define BASE "HKLM\\SOFTWARE\\InvarTestHearing"
#define WAIT_MS 60000
#define QUIET_MS 650
#define HINTS 1000

/* ---- the frame, a policy and a room of a flat kind ---- */

struct hearing {
	HANDLE end, said;
	CRITICAL_SECTION lock;
	char hint[HINTS][200];
	size_t n, taken, means;
	bool ready;
};

static struct hearing frame;

const struct policy *hearing_policy(const struct hearing *h)
{
	(void)h;
	return NULL;
}

HANDLE hearing_end(const struct hearing *h)
{
	return h->end;
}

void hear_hint(struct hearing *h, const struct hint *x)
{
	EnterCriticalSection(&h->lock);
	assert_true(h->n < HINTS);
	assert_true(x->time > 0 && x->why.n > 0);
	snprintf(h->hint[h->n++], sizeof *h->hint, "%s %.*s%s", x->kind->name, SPAN_ARG(x->key),
		x->below ? " …" : "");
	LeaveCriticalSection(&h->lock);
	SetEvent(h->said);
}

void hear_means(struct hearing *h, const struct means *x)
{
	assert_true(x->in_force);
	h->means++;
}

void hear_ready(struct hearing *h)
{
	h->ready = true;
	SetEvent(h->said);
}

static const char *const literal[] = { BASE "\\a", BASE "\\later\\deep", NULL };
static const char *const wild[] = { BASE "\\u*\\Run", NULL };
static const char *const never[] = { BASE "\\never", NULL };

static const struct rule_asks key_rules[] = {
	{ .rule = "literal", .bases = literal, .real_time = true },
	{ .rule = "never", .bases = never },
};
static const struct rule_asks value_rules[] = {
	{ .rule = "wild", .bases = wild, .real_time = true },
};

static bool asks(const void *policy, const struct kind *k, size_t i, struct rule_asks *ret)
{
	(void)policy;
	if (k == &kind_registry_key && i < ARRAY_LEN(key_rules))
		*ret = key_rules[i];
	else if (k == &kind_registry_value && i < ARRAY_LEN(value_rules))
		*ret = value_rules[i];
	else
		return false;
	return true;
}

struct selector policy_selector(const struct policy *p)
{
	(void)p;
	return (struct selector){ .asks = asks };
}

static const struct rule packages = { .kind = &kind_package, .real_time = true };

const struct rule *const *policy_rules(const struct policy *p)
{
	static const struct rule *const rules[] = { &packages, NULL };

	(void)p;
	return rules;
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, BASE "\\Uninstall", 0 },
	{ WATCH_END, NULL, 0 },
};
static const struct sensor sensor_test = { .kind = &kind_package, .watches = watches };
const struct sensor *const sensors[] = { &sensor_test, NULL };

/* ---- what happens, and what is said of it ---- */

static void make(const wchar_t *path)
{
	HKEY key;

	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0,
				 KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL),
		0);
	RegCloseKey(key);
}

static void put(const wchar_t *path, DWORD n)
{
	HKEY key;

	make(path);
	assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0,
				 KEY_ALL_ACCESS | KEY_WOW64_64KEY, &key),
		0);
	assert_int_equal(RegSetValueExW(key, L"v", 0, REG_DWORD, (const BYTE *)&n, sizeof n), 0);
	RegCloseKey(key);
}

static void unmake(const wchar_t *path)
{
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
	RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

/* The next hint says this; what comes behind it within a moment is the same or nothing. */
static void expect(const char *text)
{
	ULONGLONG until = GetTickCount64() + WAIT_MS;
	bool seen = false;

	while (GetTickCount64() < until) {
		size_t n = frame.n;

		for (; frame.taken < n; frame.taken++) {
			if (!fold_same(span_of(frame.hint[frame.taken]), span_of(text)))
				fail_msg("said '%s', expected '%s'", frame.hint[frame.taken], text);
			seen = true;
			until = GetTickCount64() + QUIET_MS;
		}
		WaitForSingleObject(frame.said, 50);
	}
	if (!seen)
		fail_msg("nothing said, expected '%s'", text);
}

static void expect_nothing(void)
{
	Sleep(QUIET_MS);
	if (frame.n > frame.taken)
		fail_msg("said '%s'", frame.hint[frame.taken]);
}

static DWORD WINAPI room_thread(void *ctx)
{
	struct err e;

	(void)ctx;
	return hearing_registry.run(&frame, &e) == 0 ? 0 : 1;
}

static HANDLE thread;

static int begin(void **state)
{
	(void)state;
	unmake(SCRATCH);
	make(SCRATCH L"\\A");
	make(SCRATCH L"\\u1\\run");
	make(SCRATCH L"\\Uninstall");
	frame.end = CreateEventW(NULL, TRUE, FALSE, NULL);
	frame.said = CreateEventW(NULL, FALSE, FALSE, NULL);
	InitializeCriticalSection(&frame.lock);
	thread = CreateThread(NULL, 0, room_thread, NULL, 0, NULL);
	WaitForSingleObject(frame.said, WAIT_MS);
	return frame.ready ? 0 : -1;
}

static int end(void **state)
{
	DWORD code = 1;

	(void)state;
	SetEvent(frame.end);
	if (WaitForSingleObject(thread, WAIT_MS) != WAIT_OBJECT_0)
		return -1;
	GetExitCodeThread(thread, &code);
	unmake(SCRATCH);
	return (int)code;
}

static void hint__names_the_base_as_it_is_stored(void **state)
{
	(void)state;
	assert_int_equal(frame.means, 3);
	assert_int_equal(frame.n, 0);
	put(SCRATCH L"\\A\\sub\\deeper", 1);
	expect("registry-key " BASE "\\A …");
	assert_non_null(strstr(frame.hint[frame.taken - 1], "\\A …"));
	put(SCRATCH L"\\u1\\Run", 1);
	expect("registry-value " BASE "\\u1\\run …");
	assert_non_null(strstr(frame.hint[frame.taken - 1], "\\run …"));
	put(SCRATCH L"\\Uninstall\\program", 1);
	expect("package ");
	put(SCRATCH L"\\other", 1);
	put(SCRATCH L"\\never", 1);
	expect_nothing();
}

static void base__may_come_and_go(void **state)
{
	(void)state;
	make(SCRATCH L"\\later");
	expect_nothing();
	make(SCRATCH L"\\later\\deep");
	expect("registry-key " BASE "\\later\\deep …");
	put(SCRATCH L"\\later\\deep", 1);
	expect("registry-key " BASE "\\later\\deep …");
	unmake(SCRATCH L"\\later");
	expect("registry-key " BASE "\\later\\deep …");
	put(SCRATCH L"\\later\\deep\\again", 1);
	expect("registry-key " BASE "\\later\\deep …");
	make(SCRATCH L"\\u2\\Run");
	expect("registry-value " BASE "\\u2\\Run …");
	put(SCRATCH L"\\u2\\Run", 1);
	expect("registry-value " BASE "\\u2\\Run …");
}

static void tree__that_is_busy_is_told_seldom(void **state)
{
	ULONGLONG from = GetTickCount64();
	size_t before = frame.n;

	(void)state;
	for (DWORD i = 100; GetTickCount64() - from < 3000; i++) {
		put(SCRATCH L"\\A", i);
		Sleep(20);
	}
	assert_in_range(frame.n - before, 1, 2 + (GetTickCount64() - from) / 2000);
	frame.taken = frame.n;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hint__names_the_base_as_it_is_stored),
		cmocka_unit_test(base__may_come_and_go),
		cmocka_unit_test(tree__that_is_busy_is_told_seldom),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
