/* The rooms of accounts, software, tasks, firewall and certificates on a registry and on folders
 * that this test changes and puts back. Accounts come from tests/windows/fake/netapi32.c, which
 * lies beside this program and is chosen by WINEDLLOVERRIDES. */
#include <windows.h>

#include "room_doors.h"
#include "sensor/certificate/certificate_room.h"
#include "sensor/cron/tasks_room.h"
#include "sensor/firewall/firewall_room.h"
#include "sensor/package/package_room.h"
#include "sensor/user/user_room.h"

#define FAKE L"Software\\InvarTest\\"
#define UNINSTALL L"Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define FIREWALL L"SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\"
#define CACHE L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\"
#define MY L"SOFTWARE\\Microsoft\\SystemCertificates\\My\\Certificates\\"
#define ID L"{11111111-2222-3333-4444-5555555555FF}"

/* ---- changing ---- */

static void set(const wchar_t *key, const wchar_t *name, DWORD type, const void *data, size_t n)
{
	HKEY h;

	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, key, 0, NULL, 0,
				 KEY_WRITE | KEY_WOW64_64KEY, NULL, &h, NULL),
		0);
	assert_int_equal(RegSetValueExW(h, name, 0, type, data, (DWORD)n), 0);
	RegCloseKey(h);
}

static void set_text(const wchar_t *key, const wchar_t *name, const wchar_t *text)
{
	set(key, name, REG_SZ, text, (wcslen(text) + 1) * sizeof *text);
}

static void set_number(const wchar_t *key, const wchar_t *name, DWORD n)
{
	set(key, name, REG_DWORD, &n, sizeof n);
}

static void remove_key(const wchar_t *key)
{
	(void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, key);
}

static void remove_value(const wchar_t *key, const wchar_t *name)
{
	HKEY h;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_WRITE | KEY_WOW64_64KEY, &h))
		return;
	(void)RegDeleteValueW(h, name);
	RegCloseKey(h);
}

/* ---- looking ---- */

static char line[65536];

/* The line of one entity, which must be there. Keys are shown with \x5c for a backslash. */
static const char *look(const struct sensor *sensor, const char *key)
{
	const char *found;

	(void)room_run(sensor, NULL, 0);
	found = room_find(key);
	if (!found)
		fail_msg("'%s' was not found", key);
	snprintf(line, sizeof line, "%s ", found ? found : "");
	return line;
}

static void is_gone(const struct sensor *sensor, const char *key)
{
	(void)room_run(sensor, NULL, 0);
	assert_null(room_find(key));
}

#define HAS(text, part) \
	do { \
		if (!strstr(text, part)) \
			fail_msg("'%s' is not in: %s", part, text); \
	} while (0)

/* ---- accounts ---- */

static void add_user(const wchar_t *name, const wchar_t *sid, DWORD flags)
{
	wchar_t key[256];

	swprintf(key, ARRAY_LEN(key), FAKE L"Users\\%ls", name);
	set_text(key, L"Sid", sid);
	set_number(key, L"Flags", flags);
	set_number(key, L"PasswordSet", 1700000000);
}

static const wchar_t members[] = L"S-1-5-21-1-2-3-500\0S-1-5-21-9-9-9-512\0S-1-5-21-1-2-3-1001\0";

static int accounts(void **state)
{
	(void)state;
	remove_key(FAKE);
	add_user(L"Administrator", L"S-1-5-21-1-2-3-500", 0x10201);
	add_user(L"alice", L"S-1-5-21-1-2-3-1001", 0x201);
	add_user(L"bob", L"S-1-5-21-1-2-3-1002", 0x203);
	add_user(L"carol", L"S-1-5-21-1-2-3-1003", 0x201);
	add_user(L"dave", L"S-1-5-21-1-2-3-1004", 0x201);
	set(FAKE L"Groups\\Administrators", L"Members", REG_MULTI_SZ, members, sizeof members);
	set_text(FAKE L"Groups\\Users", L"Comment", L"ordinary");
	set_text(FAKE L"Groups\\Own", L"Comment", L"");
	return 0;
}

static int no_accounts(void **state)
{
	(void)state;
	remove_key(FAKE);
	return 0;
}

/* Lists come in pages of two. */
static void all_accounts_are_there(void **state)
{
	const char *text;

	(void)state;
	text = look(&sensor_user, "alice");
	HAS(text, " uid=1001 ");
	HAS(text, " groups=Administrators ");
	HAS(text, " superuser=true ");
	HAS(text, " class=human ");
	HAS(text, " password_changed=2023-11-14T22:13:2");
	HAS(text, " sid=S-1-5-21-1-2-3-1001 ");
	HAS(look(&sensor_user, "Administrator"), " password_never_expires=true ");
	HAS(look(&sensor_user, "bob"), " disabled=true ");
	HAS(look(&sensor_user, "dave"), " superuser=false ");
	assert_int_equal(room.n, 5);
	text = look(&sensor_group, "Administrators");
	HAS(text, " members=S-1-5-21-1-2-3-1001, S-1-5-21-1-2-3-500, S-1-5-21-9-9-9-512 ");
	HAS(text, " member_names=Administrator, alice ");
	HAS(look(&sensor_group, "Users"), " comment=ordinary ");
	assert_int_equal(room.n, 3);
}

static void an_account_comes_changes_and_goes(void **state)
{
	(void)state;
	add_user(L"eve", L"S-1-5-21-1-2-3-1005", 0x203);
	set_text(FAKE L"Users\\eve", L"Workstations", L"PC2,PC1");
	HAS(look(&sensor_user, "eve"), " workstations=PC1, PC2 ");
	set_number(FAKE L"Users\\eve", L"Flags", 0x211);
	HAS(look(&sensor_user, "eve"), " disabled=false locked_out=true ");
	remove_key(FAKE L"Users\\eve");
	is_gone(&sensor_user, "eve");
}

/* A list of members that ends in an error is no list of fewer members. */
static void members_that_cannot_be_listed_are_not_gone(void **state)
{
	(void)state;
	set_number(FAKE L"Groups\\Administrators", L"Error", ERROR_ACCESS_DENIED);
	HAS(look(&sensor_group, "Administrators"), " members=? ");
	assert_non_null(
		room_find("gap Administrators denied: cannot list the members of a group:"));
	HAS(look(&sensor_user, "alice"), " groups=? ");
	HAS(look(&sensor_user, "alice"), " superuser=? ");
}

static void an_account_that_cannot_be_asked_for_is_a_gap(void **state)
{
	(void)state;
	set_number(FAKE L"Users\\alice", L"Error", ERROR_ACCESS_DENIED);
	(void)room_run(&sensor_user, NULL, 0);
	assert_null(room_find("alice"));
	assert_non_null(room_find("gap alice denied: cannot ask for the account:"));
	assert_non_null(room_find("bob"));
}

static void a_poorer_system_tells_less(void **state)
{
	const char *text;

	(void)state;
	set_number(FAKE, L"Level", 1);
	text = look(&sensor_user, "bob");
	HAS(text, " disabled=true ");
	assert_null(strstr(text, " expires="));
}

static void a_password_that_was_never_set_has_no_date(void **state)
{
	(void)state;
	set_number(FAKE L"Users\\dave", L"PasswordSet", 0);
	assert_null(strstr(look(&sensor_user, "dave"), "password_changed"));
}

static void looking_twice_tells_the_same(const struct sensor *sensor)
{
	AUTO(buf) first = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_text(&first, room_run(sensor, NULL, 0));
	assert_string_equal(buf_text(&first), room_run(sensor, NULL, 0));
}

/* ---- software ---- */

static void programs_come_and_go(void **state)
{
	const char *text;

	(void)state;
	set_text(UNINSTALL L"InvarTest", L"DisplayName", L"Invar's test");
	set_text(UNINSTALL L"InvarTest", L"DisplayVersion", L"1.2");
	set_text(UNINSTALL L"InvarTest", L"Publisher", L"Acm\xe9");
	set_number(UNINSTALL L"InvarTest", L"SystemComponent", 1);
	text = look(&sensor_package, "uninstall:InvarTest:x64");
	HAS(text, " name=Invar's test manager=uninstall version=1.2 arch=x64 ");
	HAS(text, "Acm\xc3\xa9");
	HAS(text, " system_component=true ");
	assert_null(room_find("uninstall:InvarTest:x86"));
	looking_twice_tells_the_same(&sensor_package);
	remove_key(UNINSTALL L"InvarTest");
	is_gone(&sensor_package, "uninstall:InvarTest:x64");
}

/* ---- tasks ---- */

static void task_file(const wchar_t *name, const char *text)
{
	wchar_t path[MAX_PATH];
	FILE *f;

	GetSystemDirectoryW(path, MAX_PATH);
	wcscat(path, L"\\Tasks");
	CreateDirectoryW(path, NULL);
	wcscat(path, name);
	if (!text) {
		assert_true(DeleteFileW(path));
		return;
	}
	f = _wfopen(path, L"wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define XML(command) "<Task><Actions><Exec><Command>" command "</Command></Exec></Actions></Task>"
#define KEY "\\x5cInvarTest"

/* version 3, no principal, a program C:\evil.exe */
static const unsigned char evil[] =
	"\x03\0\0\0\0\0ff\0\0\0\0\x16\0\0\0C\0:\0\\\0e\0v\0i\0l\0.\0e\0x\0e\0"
	"\0\0\0\0\0\0\0\0\0";

static void tasks_and_what_hides_them(void **state)
{
	const char *text;

	(void)state;
	remove_key(CACHE L"Tree\\InvarTest"); /* of a run that failed */
	remove_key(CACHE L"Tasks\\" ID);
	task_file(L"\\InvarTest", XML("C:\\good.exe"));
	text = look(&sensor_cron, KEY);
	HAS(text, " command=C:\\good.exe ");
	HAS(text, " named_by=file ");
	set_text(CACHE L"Tree\\InvarTest", L"Id", ID);
	set(CACHE L"Tree\\InvarTest", L"SD", REG_BINARY, "\1\0\4\x80", 4);
	set_text(CACHE L"Tasks\\" ID, L"Path", L"\\InvarTest");
	text = look(&sensor_cron, KEY);
	HAS(text, " named_by=cache, file, tree ");
	HAS(text, " has_descriptor=true ");
	assert_null(strstr(text, "cached_command"));
	/* T1053.005 as Tarrask did it, and another program behind the same file */
	remove_value(CACHE L"Tree\\InvarTest", L"SD");
	set(CACHE L"Tasks\\" ID, L"Actions", REG_BINARY, evil, sizeof evil);
	text = look(&sensor_cron, KEY);
	HAS(text, " has_descriptor=false ");
	HAS(text, " command=C:\\good.exe ");
	HAS(text, " cached_command=C:\\evil.exe ");
	looking_twice_tells_the_same(&sensor_cron);
	task_file(L"\\InvarTest", NULL);
	HAS(look(&sensor_cron, KEY), " named_by=cache, tree ");
	HAS(look(&sensor_cron, KEY), " command=C:\\evil.exe ");
	remove_key(CACHE L"Tree\\InvarTest");
	HAS(look(&sensor_cron, KEY), " named_by=cache ");
	remove_key(CACHE L"Tasks\\" ID);
	is_gone(&sensor_cron, KEY);
}

static void a_task_that_cannot_be_read_is_a_gap(void **state)
{
	(void)state;
	task_file(L"\\InvarTest", "broken");
	HAS(look(&sensor_cron, KEY), " command=? ");
	HAS(look(&sensor_cron, KEY), " definition=");
	assert_non_null(room_find("gap " KEY " format:"));
	task_file(L"\\InvarTest", NULL);
}

/* ---- firewall ---- */

static void a_rule_comes_changes_and_goes(void **state)
{
	const char *text;

	(void)state;
	set_text(FIREWALL L"FirewallRules", L"InvarTest",
		L"v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4444|App=C:\\x.exe|Name="
		L"N|");
	text = look(&sensor_firewall, "rule/local/InvarTest");
	HAS(text, " enabled=true direction=in action=allow protocol=tcp local_ports=4444 ");
	HAS(text, " program=C:\\x.exe ");
	set_text(FIREWALL L"FirewallRules", L"InvarTest",
		L"v2.30|Action=Block|Active=FALSE|Dir=Out|");
	HAS(look(&sensor_firewall, "rule/local/InvarTest"),
		" enabled=false direction=out action=block ");
	set_text(FIREWALL L"FirewallRules", L"InvarTest", L"nonsense");
	(void)room_run(&sensor_firewall, NULL, 0);
	assert_non_null(room_find("gap rule/local/InvarTest format:"));
	remove_value(FIREWALL L"FirewallRules", L"InvarTest");
	is_gone(&sensor_firewall, "rule/local/InvarTest");
}

static void the_firewall_is_switched_off(void **state)
{
	(void)state;
	set_number(FIREWALL L"PublicProfile", L"EnableFirewall", 1);
	set_number(FIREWALL L"PublicProfile", L"DefaultInboundAction", 1);
	HAS(look(&sensor_firewall, "profile/local/public"), " policy=block enabled=true ");
	HAS(look(&sensor_firewall, "firewall"), " filters_input=true ");
	set_number(FIREWALL L"PublicProfile", L"EnableFirewall", 0);
	HAS(look(&sensor_firewall, "firewall"), " filters_input=false ");
	/* group policy overrules */
	set_number(L"SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\PublicProfile",
		L"EnableFirewall", 1);
	HAS(look(&sensor_firewall, "firewall"), " filters_input=true ");
	looking_twice_tells_the_same(&sensor_firewall);
	remove_key(L"SOFTWARE\\Policies\\Microsoft\\WindowsFirewall");
	remove_key(FIREWALL L"PublicProfile");
}

/* ---- certificates ---- */

static void an_entry_that_is_no_certificate(void **state)
{
	static const char blob[] = "\x20\0\0\0\1\0\0\0\3\0\0\0DER",
			  cut[] = "\x20\0\0\0\1\0\0\0\4\0\0\0DER";
	const char *text;

	(void)state;
	set(MY L"AA", L"Blob", REG_BINARY, blob, sizeof blob - 1);
	text = look(&sensor_certificate, "ca:?#bffd28c8eeb10a5e"); /* of SHA-256("DER") */
	HAS(text, " type=opaque ");
	HAS(text, " stores=machine/My ");
	HAS(text, " thumbprint=AA ");
	looking_twice_tells_the_same(&sensor_certificate);
	set(MY L"AA", L"Blob", REG_BINARY, cut, sizeof cut - 1);
	(void)room_run(&sensor_certificate, NULL, 0);
	assert_non_null(room_find("gap … format: entry 'AA' of machine/My:"));
	remove_key(MY L"AA");
}

static void users_and_groups_twice(void **state)
{
	(void)state;
	looking_twice_tells_the_same(&sensor_user);
	looking_twice_tells_the_same(&sensor_group);
}

#define ACCOUNT(name) cmocka_unit_test_setup_teardown(name, accounts, no_accounts)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACCOUNT(all_accounts_are_there),
		ACCOUNT(an_account_comes_changes_and_goes),
		ACCOUNT(members_that_cannot_be_listed_are_not_gone),
		ACCOUNT(an_account_that_cannot_be_asked_for_is_a_gap),
		ACCOUNT(a_poorer_system_tells_less),
		ACCOUNT(a_password_that_was_never_set_has_no_date),
		ACCOUNT(users_and_groups_twice),
		cmocka_unit_test(programs_come_and_go),
		cmocka_unit_test(tasks_and_what_hides_them),
		cmocka_unit_test(a_task_that_cannot_be_read_is_a_gap),
		cmocka_unit_test(a_rule_comes_changes_and_goes),
		cmocka_unit_test(the_firewall_is_switched_off),
		cmocka_unit_test(an_entry_that_is_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
