/* The room of the registry on a scratch key of this host: names that hold NUL, links, odd types,
 * large data, both kinds, looks at a part. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <winternl.h>

#include "../check.h"
#include "core/attr.h"
#include "core/mem.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "registry_doors.h"
#include "sensor/registry/registry_room.h"

#define SCRATCH L"SOFTWARE\\InvarTestRoom"
#define BASE "HKLM\\SOFTWARE\\InvarTestRoom"

/* ---- the scratch key ---- */

typedef NTSTATUS(NTAPI *create_function)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG,
	UNICODE_STRING *, ULONG, ULONG *);
typedef NTSTATUS(NTAPI *delete_function)(HANDLE);

static FARPROC native(const char *name)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
}

static HKEY make(const wchar_t *path, DWORD options)
{
	HKEY key = NULL;

	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, options,
				 KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL),
		0);
	return key;
}

static void put(const wchar_t *path, const wchar_t *name, DWORD type, const void *p, DWORD n)
{
	HKEY key = make(path, 0);

	assert_int_equal(RegSetValueExW(key, name, 0, type, p, n), 0);
	RegCloseKey(key);
}

static HKEY make_hidden(HKEY parent)
{
	create_function create = (create_function)(void *)native("NtCreateKey");
	wchar_t name[] = { 'h', 'i', 0, 'd' };
	UNICODE_STRING text = { sizeof name, sizeof name, name };
	OBJECT_ATTRIBUTES at = { .Length = sizeof at,
		.RootDirectory = parent,
		.ObjectName = &text,
		.Attributes = OBJ_CASE_INSENSITIVE };
	HANDLE key = NULL;

	assert_int_equal(create(&key, KEY_ALL_ACCESS, &at, 0, NULL, 0, NULL), 0);
	return key;
}

static void make_link(const wchar_t *path, const wchar_t *target)
{
	HKEY key = make(path, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE);

	assert_int_equal(RegSetValueExW(key, L"SymbolicLinkValue", 0, REG_LINK,
				 (const BYTE *)target, (DWORD)(wcslen(target) * sizeof *target)),
		0);
	RegCloseKey(key);
}

static void unmake_link(const wchar_t *path)
{
	HKEY key;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, REG_OPTION_OPEN_LINK, DELETE | KEY_WOW64_64KEY,
		    &key) != 0)
		return;
	((delete_function)(void *)native("NtDeleteKey"))(key);
	RegCloseKey(key);
}

static void unmake(void)
{
	HKEY key, hidden;

	unmake_link(SCRATCH L"\\link");
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, SCRATCH L"\\nul", 0, KEY_ALL_ACCESS, &key) == 0) {
		hidden = make_hidden(key);
		((delete_function)(void *)native("NtDeleteKey"))(hidden);
		RegCloseKey(hidden);
		RegCloseKey(key);
	}
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, SCRATCH);
	RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SCRATCH, KEY_WOW64_64KEY, 0);
}

static int setup(void **state)
{
	static const char *const base[] = { BASE, NULL };
	HKEY key;

	(void)state;
	unmake();
	key = make(SCRATCH, 0);
	RegCloseKey(key);
	room.options = (struct scan_options){ 0 };
	bases = base;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmake();
	return 0;
}

/* ---- tests ---- */

static void value__is_told_as_stored(void **state)
{
	static const uint8_t odd[] = { 'a', 0, 'b' };
	DWORD seven = 7;

	(void)state;
	put(SCRATCH L"\\v", L"Text", REG_SZ, L"C:\\x", 10);
	put(SCRATCH L"\\v", NULL, REG_SZ, L"", 2);
	put(SCRATCH L"\\v", L"a\\b", REG_DWORD, &seven, 4);
	put(SCRATCH L"\\v", L"\x65e5\x672c", REG_EXPAND_SZ, L"%a%", 8);
	put(SCRATCH L"\\v", L"odd", REG_SZ, odd, 3);
	put(SCRATCH L"\\v", L"none", REG_NONE, NULL, 0);
	put(SCRATCH L"\\v", L"strange", 0x4711, "ab", 2);
	put(SCRATCH L"\\v", L"list", REG_MULTI_SZ, L"a\0bc\0", 12);
	put(SCRATCH L"\\v", L"Password", REG_SZ, L"geheim", 14);
	look(&sensor_registry_value);
	has(BASE "\\v\\Text ", "type=REG_SZ size=10 sha256=");
	has(BASE "\\v\\Text ", "data=C:\\x");
	has(BASE "\\v\\ ", "type=REG_SZ size=2 ");
	has(BASE "\\v\\a\\\\b ", "type=REG_DWORD size=4 ");
	has(BASE "\\v\\a\\\\b ", "data=7");
	has(BASE "\\v\\日本 ", "type=REG_EXPAND_SZ size=8 ");
	has(BASE "\\v\\odd ", "type=REG_SZ size=3 ");
	has(BASE "\\v\\none ",
		"type=REG_NONE size=0 "
		"sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	has(BASE "\\v\\strange ", "type=REG_0x4711 size=2 ");
	has(BASE "\\v\\list ", "data=a, bc");
	has(BASE "\\v\\Password ", "content=secret");
	assert_null(strstr(find(BASE "\\v\\Password "), "data="));
	assert_null(strstr(find(BASE "\\v\\Password "),
		"303d0c8cac7341a6e492a9283e0143e2fbff67d9b5e81f07cff2674c9cf41d9a"));
	assert_int_equal(room.n, 9);
}

static void value__is_large(void **state)
{
	static uint8_t data[70000];

	(void)state;
	memset(data, 'x', sizeof data);
	put(SCRATCH, L"large", REG_BINARY, data, sizeof data);
	put(SCRATCH, L"small", REG_BINARY, data, 3);
	look(&sensor_registry_value);
	/* printf 'x%.0s' {1..70000} | sha256sum */
	has(BASE "\\large ", "size=70000 sha256="
			     "bca09f4a757d5571c7d9f3341d4301f3c391c090826acc1a3013c6bcb7c01722");
}

static void name__that_holds_nul_is_read(void **state)
{
	HKEY key = make(SCRATCH L"\\nul", 0), hidden = make_hidden(key);

	(void)state;
	assert_int_equal(RegSetValueExW(hidden, L"x", 0, REG_SZ, (const BYTE *)L"y", 4), 0);
	RegCloseKey(hidden);
	RegCloseKey(key);
	look(&sensor_registry_key);
	has(BASE "\\nul\\hi", "hidden_name=1");
	has(BASE "\\nul ", "hidden_name=0");
	look(&sensor_registry_value);
	has(BASE "\\nul\\hi", "data=y");
}

static void link__is_followed_in_the_base_alone(void **state)
{
	static const char *const through[] = { BASE "\\link\\sub", NULL };
	static const char *const whole[] = { BASE, NULL };

	(void)state;
	put(SCRATCH L"\\target\\sub\\deep", L"v", REG_SZ, L"1", 4);
	put(SCRATCH L"\\target\\other", L"v", REG_SZ, L"1", 4);
	make_link(SCRATCH L"\\link", L"\\Registry\\Machine\\" SCRATCH L"\\target");
	bases = whole;
	look(&sensor_registry_key);
	has(BASE "\\link ", "link_target=\\Registry\\Machine\\SOFTWARE\\InvarTestRoom\\target");
	has(BASE "\\link ", "subkey_count=0 value_count=1"); /* its own, not the target's */
	assert_null(find(BASE "\\link\\sub"));
	assert_non_null(find(BASE "\\target\\sub\\deep "));
	bases = through;
	look(&sensor_registry_key);
	assert_non_null(find(BASE "\\link\\sub "));
	assert_non_null(find(BASE "\\link\\sub\\deep "));
	assert_null(find(BASE "\\link\\other"));
	look(&sensor_registry_value);
	assert_non_null(find(BASE "\\link\\sub\\deep\\v "));
	assert_int_equal(room.n, 1);
}

static void key__has_its_facts(void **state)
{
	HKEY key;

	(void)state;
	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, SCRATCH L"\\Named", 0,
				 (wchar_t[]){ L"Class" }, 0, KEY_ALL_ACCESS, NULL, &key, NULL),
		0);
	RegSetValueExW(key, L"a", 0, REG_SZ, (const BYTE *)L"", 2);
	RegCloseKey(key);
	RegCloseKey(make(SCRATCH L"\\Named\\x", 0));
	look(&sensor_registry_key);
	has(BASE "\\Named ", "owner=S-1-");
	has(BASE "\\Named ", "dacl=");
	has(BASE "\\Named ", "class=Class");
	has(BASE "\\Named ", "subkey_count=1 value_count=1");
	assert_non_null(strstr(find(BASE "\\Named "), "last_write=1"));
}

static void key__has_the_list_that_was_set(void **state)
{
	uint8_t admins[SECURITY_MAX_SID_SIZE], world[SECURITY_MAX_SID_SIZE], list[512];
	DWORD a = sizeof admins, w = sizeof world;
	HKEY key = make(SCRATCH L"\\guarded", 0);
	SECURITY_DESCRIPTOR descriptor;
	ACL *acl = (ACL *)(void *)list;

	(void)state;
	assert_true(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, admins, &a));
	assert_true(CreateWellKnownSid(WinWorldSid, NULL, world, &w));
	assert_true(InitializeAcl(acl, sizeof list, ACL_REVISION));
	assert_true(AddAccessAllowedAceEx(acl, ACL_REVISION, 0, KEY_ALL_ACCESS, admins));
	assert_true(
		AddAccessDeniedAceEx(acl, ACL_REVISION, CONTAINER_INHERIT_ACE, KEY_READ, world));
	assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE));
	assert_int_equal(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, &descriptor), 0);
	RegCloseKey(key);
	look(&sensor_registry_key);
	has(BASE "\\guarded ", "allow;;0xf003f;S-1-5-32-544");
	has(BASE "\\guarded ", "deny;CI;0x20019;S-1-1-0");
}

static volatile LONG stop;

static DWORD WINAPI keep_writing(void *key)
{
	for (DWORD i = 0; !stop; i++)
		RegSetValueExW(key, L"busy", 0, REG_DWORD, (const BYTE *)&i, sizeof i);
	return 0;
}

static void key__that_never_holds_still_is_a_gap(void **state)
{
	HKEY key = make(SCRATCH L"\\busy", 0);
	wchar_t name[16];
	HANDLE thread;

	(void)state;
	for (int i = 0; i < 300; i++) {
		swprintf(name, ARRAY_LEN(name), L"%d", i);
		RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)L"", 2);
	}
	stop = 0;
	thread = CreateThread(NULL, 0, keep_writing, key, 0, NULL);
	look(&sensor_registry_value);
	stop = 1;
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	RegCloseKey(key);
	has("gap " BASE "\\busy…", "unstable");
	look(&sensor_registry_value);
	assert_null(find("gap "));
	assert_int_equal(room.n, 301);
}

#define PROFILES L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
#define AWAY L"S-1-5-21-11-22-33-4711"
#define AWAY_BASE "HKU\\S-1-5-21-11-22-33-4711"

static bool take(const wchar_t *name)
{
	TOKEN_PRIVILEGES p = { .PrivilegeCount = 1 };
	HANDLE token;
	bool fine;

	p.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
	if (!LookupPrivilegeValueW(NULL, name, &p.Privileges[0].Luid) ||
		!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
		return false;
	fine = AdjustTokenPrivileges(token, FALSE, &p, 0, NULL, NULL) &&
	       GetLastError() == ERROR_SUCCESS;
	CloseHandle(token);
	return fine;
}

/* The hive of a user: a key of ours, saved. */
static void save_hive(const wchar_t *folder)
{
	wchar_t file[MAX_PATH + 16];
	HKEY key;

	put(SCRATCH L"\\hive\\Software\\Run", L"evil", REG_SZ, L"x", 4);
	swprintf(file, ARRAY_LEN(file), L"%ls\\NTUSER.DAT", folder);
	DeleteFileW(file);
	key = make(SCRATCH L"\\hive", 0);
	assert_true(take(L"SeBackupPrivilege"));
	assert_int_equal(RegSaveKeyW(key, file, NULL), 0);
	RegCloseKey(key);
}

static void user__who_is_logged_off_is_not_evaluated(void **state)
{
	static const char *const base[] = { AWAY_BASE "\\Software", NULL };
	static struct span below[] = { { AWAY_BASE "\\Software", sizeof AWAY_BASE + 8 } };
	wchar_t folder[MAX_PATH], name[64];
	DWORD n = ARRAY_LEN(name);

	(void)state;
	/* what a run that failed left */
	RegDeleteKeyExW(HKEY_LOCAL_MACHINE, PROFILES AWAY, KEY_WOW64_64KEY, 0);
	bases = base;
	look(&sensor_registry_value);
	assert_int_equal(room.n, 0); /* nobody of that name */
	GetTempPathW(ARRAY_LEN(folder), folder);
	folder[wcslen(folder) - 1] = 0;
	save_hive(folder);
	put(PROFILES AWAY, L"ProfileImagePath", REG_EXPAND_SZ, folder,
		(DWORD)((wcslen(folder) + 1) * sizeof *folder));
	look(&sensor_registry_value);
	has("gap " AWAY_BASE "…", "away: the user is logged off: not evaluated");
	assert_int_equal(room.n, 1);
	room.options.below = below;
	room.options.n_below = 1;
	look(&sensor_registry_value);
	has("gap " AWAY_BASE "…", "away: the user is logged off: not evaluated");
	room.options = (struct scan_options){ 0 };
	offline = true;
	look(&sensor_registry_value);
	offline = false;
	has(AWAY_BASE "\\Software\\Run\\evil ", "data=x");
	assert_int_equal(room.n, 1);
	for (DWORD i = 0; RegEnumKeyExW(HKEY_USERS, i, name, &n, NULL, NULL, NULL, NULL) == 0;
		i++) {
		assert_null(wcsstr(name, L"invar"));
		n = ARRAY_LEN(name);
	}
	RegDeleteKeyExW(HKEY_LOCAL_MACHINE, PROFILES AWAY, KEY_WOW64_64KEY, 0);
}

/* Ten thousand keys with a value each; `reg export` of the same is the peer (tests/windows). */
static void scan__of_many_keys_is_quick(void **state)
{
	static const char *const kinds_text[] = { "keys", "values" };
	const struct sensor *const both[] = { &sensor_registry_key, &sensor_registry_value };
	HKEY key, sub;
	wchar_t name[16];

	(void)state;
	key = make(SCRATCH, 0);
	for (int i = 0; i < 10000; i++) {
		swprintf(name, ARRAY_LEN(name), L"%d\\%d", i / 100, i % 100);
		assert_int_equal(RegCreateKeyExW(key, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &sub,
					 NULL),
			0);
		RegSetValueExW(sub, L"v", 0, REG_SZ, (const BYTE *)L"x", 4);
		RegCloseKey(sub);
	}
	RegCloseKey(key);
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		ULONGLONG from = GetTickCount64();

		look(both[i]);
		printf("10,000 %s: %u ms\n", kinds_text[i], (unsigned)(GetTickCount64() - from));
		assert_in_range(room.n, 10000, 10101);
		assert_true(GetTickCount64() - from < 60000); /* of 3 s, on a busy machine */
	}
}

static void look__at_a_part(void **state)
{
	struct span below[1], point[1];
	char stored[64], other[64];

	(void)state;
	put(SCRATCH L"\\a\\b", L"v", REG_SZ, L"1", 4);
	put(SCRATCH L"\\a", L"v", REG_SZ, L"1", 4);
	put(SCRATCH L"\\c", L"v", REG_SZ, L"1", 4);
	put(SCRATCH, L"a", REG_SZ, L"1", 4);
	put(SCRATCH, L"b", REG_SZ, L"1", 4);
	look(&sensor_registry_key); /* "SOFTWARE" as this host writes it */
	snprintf(other, sizeof other, "%.*s\\A", (int)sizeof BASE - 1, find(BASE " "));
	snprintf(stored, sizeof stored, "%.*s\\a\\v", (int)sizeof BASE - 1, find(BASE " "));
	below[0] = span_from(stored, sizeof BASE + 1);
	point[0] = span_of(stored);
	room.options.below = below;
	room.options.n_below = 1;
	look(&sensor_registry_key);
	assert_non_null(find(BASE "\\a "));
	assert_non_null(find(BASE "\\a\\b "));
	assert_int_equal(room.n, 2);
	look(&sensor_registry_value); /* the value "a", and what is in the key "a" */
	assert_non_null(find(BASE "\\a "));
	assert_non_null(find(BASE "\\a\\v "));
	assert_non_null(find(BASE "\\a\\b\\v "));
	assert_int_equal(room.n, 3);
	room.options = (struct scan_options){ .points = point, .n_points = 1 };
	look(&sensor_registry_value);
	assert_non_null(find(BASE "\\a\\v "));
	assert_int_equal(room.n, 1);
	look(&sensor_registry_key);
	assert_int_equal(room.n, 0);
	point[0] = below[0];
	look(&sensor_registry_key);
	assert_non_null(find(BASE "\\a "));
	assert_int_equal(room.n, 1);
	point[0] = span_of(other); /* nothing is called so */
	look(&sensor_registry_key);
	assert_int_equal(room.n, 0);
}

/* Two scans behind each other; false: they differ. */
static bool twice(void)
{
	struct arena *first;
	const char **lines;
	size_t n;
	bool equal;

	look(&sensor_registry_value);
	first = room.arena;
	lines = mem_array(room.n + 1, sizeof *lines);
	n = room.n;
	memcpy(lines, room.lines, n * sizeof *lines);
	room.arena = NULL;
	look(&sensor_registry_value);
	assert_true(n > 5000);
	equal = room.n == n;
	for (size_t i = 0; equal && i < n; i++)
		equal = strcmp(room.lines[i], lines[i]) == 0;
	arena_free(first);
	free(lines);
	return equal;
}

/* Wine finds devices for some seconds after its start, and writes them down. */
static void scan__twice_is_equal(void **state)
{
	static const char *const all[] = { "HKLM\\SOFTWARE", "HKLM\\SYSTEM", NULL };
	bool equal = false;

	(void)state;
	bases = all;
	for (int i = 0; i < 4 && !equal; i++)
		equal = twice();
	assert_true(equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(value__is_told_as_stored, setup, teardown),
		cmocka_unit_test_setup_teardown(value__is_large, setup, teardown),
		cmocka_unit_test_setup_teardown(name__that_holds_nul_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(link__is_followed_in_the_base_alone, setup,
			teardown),
		cmocka_unit_test_setup_teardown(key__has_its_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(key__has_the_list_that_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(key__that_never_holds_still_is_a_gap, setup,
			teardown),
		cmocka_unit_test_setup_teardown(user__who_is_logged_off_is_not_evaluated, setup,
			teardown),
		cmocka_unit_test_setup_teardown(scan__of_many_keys_is_quick, setup, teardown),
		cmocka_unit_test_setup_teardown(look__at_a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(scan__twice_is_equal, setup, teardown),
	};

	room.selector = (struct selector){ .top = top,
		.enter = enter,
		.leave = leave,
		.name = named,
		.asks = asks };
	room.line = BUF_INIT(BUF_MAX_DEFAULT);
	room.lines = mem_array(LINES, sizeof *room.lines);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
