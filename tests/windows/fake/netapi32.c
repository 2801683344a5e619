/* A netapi32.dll for tests under Wine, which has no account database: accounts and groups are keys
 * of the registry, so a test makes one by `wine reg add`. It is loaded where WINEDLLOVERRIDES says
 * netapi32=n and it lies beside the program; the program knows nothing of it.
 *
 *   HKLM\Software\InvarTest\Users\NAME    Sid FullName Comment Home HomeDrive Profile Script
 *                                         Workstations (texts), Flags Priv Expires PasswordSet
 *                                         (numbers; seconds since 1970; 0: never) Expired
 *   HKLM\Software\InvarTest\Groups\NAME   Comment, Members (REG_MULTI_SZ of SIDs)
 *   in each, or in Users and Groups: Error: the number that asking for it (for members) returns
 *   HKLM\Software\InvarTest               Level: the richest level that is known (4)
 *
 * Lists come in pages of two, so that whoever forgets to go on sees two. */
#include <stdlib.h>
/* clang-format off */
#include <windows.h>
#include <lm.h>
#include <sddl.h>
/* clang-format on */
#include <time.h>
#include <wchar.h>

#define BASE L"Software\\InvarTest\\"
#define PAGE 2
#define ROOM (PAGE * 64 * 1024)

#define EXPORT __declspec(dllexport)

/* Texts behind the structures of one answer. */
struct answer {
	BYTE *data;
	BYTE *at;
};

static struct answer answer_of(size_t n)
{
	BYTE *data = calloc(1, n + ROOM);

	return (struct answer){ data, data + n };
}

static HKEY key_of(const wchar_t *kind, const wchar_t *name)
{
	wchar_t path[600];
	HKEY key;

	swprintf(path, 600, BASE L"%ls%ls%ls", kind, name ? L"\\" : L"", name ? name : L"");
	return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) ? NULL : key;
}

static DWORD number(HKEY key, const wchar_t *name, DWORD otherwise)
{
	DWORD value, n = sizeof value, type;

	if (!key || RegQueryValueExW(key, name, NULL, &type, (BYTE *)&value, &n) ||
		type != REG_DWORD)
		return otherwise;
	return value;
}

static wchar_t *text(HKEY key, const wchar_t *name, struct answer *a)
{
	wchar_t *ret = (wchar_t *)(void *)a->at;
	DWORD n = 4096, type;

	if (RegQueryValueExW(key, name, NULL, &type, a->at, &n) || type != REG_SZ)
		n = 0;
	a->at += (n + 2 + 7) & ~(size_t)7;
	return ret;
}

static PSID sid(HKEY key, struct answer *a)
{
	wchar_t *name = text(key, L"Sid", a);
	PSID made, ret = a->at;

	if (!ConvertStringSidToSidW(name, &made))
		return NULL;
	CopySid(SECURITY_MAX_SID_SIZE, ret, made);
	LocalFree(made);
	a->at += (SECURITY_MAX_SID_SIZE + 7) & ~7;
	return ret;
}

EXPORT NET_API_STATUS WINAPI NetApiBufferFree(LPVOID p)
{
	free(p);
	return NERR_Success;
}

/* One page of names; `fill` makes an item of the list. */
static DWORD page(const wchar_t *kind, size_t size, BYTE **ret, DWORD *n, DWORD *total,
	DWORD_PTR *resume, void (*fill)(BYTE *item, HKEY key, wchar_t *name, struct answer *a))
{
	HKEY all = key_of(kind, NULL);
	struct answer a;
	DWORD i = (DWORD)*resume, error = number(all, L"Error", 0);

	*ret = NULL;
	*n = *total = 0;
	if (!all || error)
		return error;
	a = answer_of(PAGE * size);
	RegQueryInfoKeyW(all, NULL, NULL, NULL, total, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	for (; i < *total && *n < PAGE; i++, ++*n) {
		wchar_t *name = (wchar_t *)(void *)a.at;
		DWORD units = 256;
		HKEY key;

		RegEnumKeyExW(all, i, name, &units, NULL, NULL, NULL, NULL);
		a.at += (units * sizeof(wchar_t) + 2 + 7) & ~(size_t)7;
		key = key_of(kind, name);
		fill(a.data + *n * size, key, name, &a);
		RegCloseKey(key);
	}
	RegCloseKey(all);
	*resume = i < *total ? i : 0;
	*ret = a.data;
	return i < *total ? ERROR_MORE_DATA : NERR_Success;
}

static void fill_user(BYTE *item, HKEY key, wchar_t *name, struct answer *a)
{
	(void)key, (void)a;
	((USER_INFO_0 *)(void *)item)->usri0_name = name;
}

static void fill_group(BYTE *item, HKEY key, wchar_t *name, struct answer *a)
{
	LOCALGROUP_INFO_1 *g = (void *)item;

	g->lgrpi1_name = name;
	g->lgrpi1_comment = text(key, L"Comment", a);
}

EXPORT NET_API_STATUS WINAPI NetUserEnum(LPCWSTR server, DWORD level, DWORD filter, LPBYTE *ret,
	DWORD max, LPDWORD n, LPDWORD total, LPDWORD resume)
{
	DWORD_PTR at = *resume;
	DWORD rc;

	(void)filter, (void)max;
	if (server || level != 0)
		return ERROR_INVALID_LEVEL;
	rc = page(L"Users", sizeof(USER_INFO_0), ret, n, total, &at, fill_user);
	*resume = (DWORD)at;
	return rc;
}

EXPORT NET_API_STATUS WINAPI NetLocalGroupEnum(LPCWSTR server, DWORD level, LPBYTE *ret, DWORD max,
	LPDWORD n, LPDWORD total, PDWORD_PTR resume)
{
	(void)max;
	if (server || level != 1)
		return ERROR_INVALID_LEVEL;
	return page(L"Groups", sizeof(LOCALGROUP_INFO_1), ret, n, total, resume, fill_group);
}

static DWORD age(HKEY key)
{
	DWORD when = number(key, L"PasswordSet", 0);

	return when ? (DWORD)time(NULL) - when : 0;
}

static void user_4(HKEY key, wchar_t *name, struct answer *a)
{
	USER_INFO_4 *u = (void *)a->data;

	u->usri4_name = name;
	u->usri4_flags = number(key, L"Flags", UF_SCRIPT | UF_NORMAL_ACCOUNT);
	u->usri4_priv = number(key, L"Priv", USER_PRIV_USER);
	u->usri4_acct_expires = number(key, L"Expires", TIMEQ_FOREVER);
	u->usri4_primary_group_id = DOMAIN_GROUP_RID_USERS;
	u->usri4_password_age = age(key);
	u->usri4_password_expired = number(key, L"Expired", 0);
	u->usri4_units_per_week = 168;
	u->usri4_last_logon = (DWORD)time(NULL);
	u->usri4_num_logons = GetTickCount();
	u->usri4_full_name = text(key, L"FullName", a);
	u->usri4_comment = text(key, L"Comment", a);
	u->usri4_home_dir = text(key, L"Home", a);
	u->usri4_home_dir_drive = text(key, L"HomeDrive", a);
	u->usri4_profile = text(key, L"Profile", a);
	u->usri4_script_path = text(key, L"Script", a);
	u->usri4_workstations = text(key, L"Workstations", a);
	u->usri4_user_sid = sid(key, a);
}

static void user_1(HKEY key, wchar_t *name, struct answer *a)
{
	USER_INFO_1 *u = (void *)a->data;

	u->usri1_name = name;
	u->usri1_flags = number(key, L"Flags", UF_SCRIPT | UF_NORMAL_ACCOUNT);
	u->usri1_priv = number(key, L"Priv", USER_PRIV_USER);
	u->usri1_password_age = age(key);
	u->usri1_comment = text(key, L"Comment", a);
	u->usri1_home_dir = text(key, L"Home", a);
	u->usri1_script_path = text(key, L"Script", a);
}

EXPORT NET_API_STATUS WINAPI NetUserGetInfo(LPCWSTR server, LPCWSTR name, DWORD level, LPBYTE *ret)
{
	HKEY base = key_of(L"", NULL), key = key_of(L"Users", name);
	DWORD richest = number(base, L"Level", 4), error = number(key, L"Error", 0);
	struct answer a;

	RegCloseKey(base);
	if (!key)
		return NERR_UserNotFound;
	if (!error && (server || level > richest || (level != 4 && level != 1)))
		error = ERROR_INVALID_LEVEL;
	if (!error) {
		wchar_t *copy;

		a = answer_of(sizeof(USER_INFO_4));
		copy = wcscpy((wchar_t *)(void *)a.at, name);
		a.at += (wcslen(name) * 2 + 2 + 7) & ~(size_t)7;
		(level == 4 ? user_4 : user_1)(key, copy, &a);
		*ret = a.data;
	}
	RegCloseKey(key);
	return error;
}

/* All members of the key: the SIDs of `list`, from the `from`-th, at most a page. */
static void members_from(const wchar_t *list, DWORD_PTR from, struct answer *a, DWORD *n,
	DWORD *total)
{
	LOCALGROUP_MEMBERS_INFO_0 *item = (void *)a->data;
	PSID one;

	for (; *list; list += wcslen(list) + 1) {
		if (!ConvertStringSidToSidW(list, &one))
			continue;
		if (*total >= from && *n < PAGE) {
			item[(*n)++].lgrmi0_sid = a->at;
			CopySid(SECURITY_MAX_SID_SIZE, a->at, one);
			a->at += (SECURITY_MAX_SID_SIZE + 7) & ~7;
		}
		++*total;
		LocalFree(one);
	}
}

EXPORT NET_API_STATUS WINAPI NetLocalGroupGetMembers(LPCWSTR server, LPCWSTR name, DWORD level,
	LPBYTE *ret, DWORD max, LPDWORD n, LPDWORD total, PDWORD_PTR resume)
{
	HKEY key = key_of(L"Groups", name);
	static wchar_t list[32768];
	DWORD size = sizeof list - 4, type, error = number(key, L"Error", 0);
	struct answer a;

	(void)max;
	if (!key)
		return NERR_GroupNotFound;
	memset(list, 0, sizeof list);
	RegQueryValueExW(key, L"Members", NULL, &type, (BYTE *)list, &size);
	RegCloseKey(key);
	*n = *total = 0;
	/* An error comes late: behind the first page. */
	if (server || level != 0 || (error && *resume))
		return error ? error : ERROR_INVALID_LEVEL;
	a = answer_of(PAGE * sizeof(LOCALGROUP_MEMBERS_INFO_0));
	members_from(list, *resume, &a, n, total);
	*ret = a.data;
	*resume += *n;
	return error || *resume < *total ? ERROR_MORE_DATA : NERR_Success;
}
