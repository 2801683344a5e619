#include "os/windows/registry.h"

#include <winternl.h>

#include "core/arena.h"
#include "core/fold.h"
#include "os/windows/wide.h"

#define READ (KEY_READ | KEY_WOW64_64KEY)
/* Where somebody may list a key, but not read its access list. */
#define READ_LESS (KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS | KEY_WOW64_64KEY)

/* ntddk.h and winternl.h of MinGW leave these out. */
#define BASIC_INFORMATION 0 /* KeyBasicInformation */
#define FLAGS_INFORMATION 5 /* KeyFlagsInformation */
#ifndef REG_OPTION_OPEN_LINK
#define REG_OPTION_OPEN_LINK 0x8
#endif

struct basic_information {
	LARGE_INTEGER written;
	ULONG index, bytes;
	WCHAR name[REGISTRY_NAME_MAX];
};

struct flags_information {
	ULONG wow, flags, control;
};

typedef NTSTATUS(NTAPI *open_function)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
typedef NTSTATUS(NTAPI *query_function)(HANDLE, int, void *, ULONG, ULONG *);

/* ntdll is in every process, and has both since Windows 7. */
static FARPROC native(const char *name)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
}

HKEY registry_hive(struct span name)
{
	if (fold_same(name, span_of("HKLM")))
		return HKEY_LOCAL_MACHINE;
	return fold_same(name, span_of("HKU")) ? HKEY_USERS : NULL;
}

static LONG open_counted(HKEY parent, const wchar_t *name, size_t n, REGSAM access, ULONG options,
	HKEY *ret)
{
	open_function open = (open_function)(void *)native("NtOpenKeyEx");
	UNICODE_STRING text = { (USHORT)(n * 2), (USHORT)(n * 2), (PWSTR)(uintptr_t)name };
	OBJECT_ATTRIBUTES at = { .Length = sizeof at,
		.RootDirectory = parent,
		.ObjectName = &text };
	HANDLE h = NULL;
	NTSTATUS status;

	if (!open || n > UINT16_MAX / 2)
		return ERROR_INVALID_PARAMETER;
	at.Attributes = OBJ_CASE_INSENSITIVE;
	status = open(&h, access, &at, options);
	if (status != 0)
		return (LONG)RtlNtStatusToDosError(status);
	*ret = h;
	return 0;
}

/* RegOpenKeyExW without a name gives a hive's pseudo handle back as it is. To close that one closes
 * it for the whole process, and ends the notifications that others asked it for; and the native
 * functions do not know it. */
static LONG open_hive(HKEY hive, REGSAM access, ULONG options, HKEY *ret)
{
	const wchar_t *path =
		hive == HKEY_LOCAL_MACHINE ? L"\\Registry\\Machine" : L"\\Registry\\User";

	return open_counted(NULL, path, wcslen(path), access, options, ret);
}

static bool has_nul(const wchar_t *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!name[i])
			return true;
	return false;
}

static LONG open_as(HKEY parent, const wchar_t *name, size_t n, REGSAM access, unsigned how,
	HKEY *ret)
{
	DWORD options = how & REGISTRY_OPEN_LINK ? REG_OPTION_OPEN_LINK : 0;

	if (n == 0 && (parent == HKEY_LOCAL_MACHINE || parent == HKEY_USERS))
		return open_hive(parent, access, options, ret);
	if (has_nul(name, n))
		return open_counted(parent, name, n, access, options, ret);
	return RegOpenKeyExW(parent, n ? name : L"", options, access, ret);
}

/* name: a NUL stands behind it. */
LONG registry_open(HKEY parent, const wchar_t *name, size_t n, unsigned how, HKEY *ret)
{
	REGSAM sacl = how & REGISTRY_OPEN_SACL ? ACCESS_SYSTEM_SECURITY : 0;
	ULONG options = how & REGISTRY_OPEN_LINK ? REG_OPTION_OPEN_LINK : 0;
	LONG rc = open_as(parent, name, n, READ | sacl, how, ret);

	if (sacl && (rc == ERROR_ACCESS_DENIED || rc == ERROR_PRIVILEGE_NOT_HELD))
		rc = open_as(parent, name, n, READ, how, ret);
	/* A hive's handle is none of the kernel's: only what lies in it can be opened that way. */
	if (rc == ERROR_ACCESS_DENIED && (how & REGISTRY_OPEN_BACKUP) && n &&
		((uintptr_t)parent & 0x80000000u) == 0)
		rc = open_counted(parent, name, n, READ, options | REG_OPTION_BACKUP_RESTORE, ret);
	if (rc == ERROR_ACCESS_DENIED)
		rc = open_as(parent, name, n, READ_LESS, how, ret);
	return rc;
}

LONG registry_open_path(struct span path, unsigned how, HKEY *ret)
{
	AUTO_FREE(arena) a = arena_new();
	struct span section;
	HKEY at = NULL, next = NULL,
	     hive = span_cut(&path, '\\', &section) ? registry_hive(section) : NULL;
	LONG rc;

	if (!hive)
		return ERROR_FILE_NOT_FOUND;
	rc = registry_open(hive, NULL, 0, how, &at);
	while (rc == 0 && span_cut(&path, '\\', &section)) {
		size_t n;
		wchar_t *name = wide_from_text(a, section, &n);

		rc = n ? registry_open(at, name, n, how, &next) : ERROR_FILE_NOT_FOUND;
		RegCloseKey(at);
		at = next;
	}
	if (rc == 0)
		*ret = at;
	return rc;
}

bool registry_own_name(HKEY key, struct buf *ret)
{
	query_function query = (query_function)(void *)native("NtQueryKey");
	struct basic_information x;
	ULONG n;

	if (!query || query(key, BASIC_INFORMATION, &x, sizeof x, &n) != 0 ||
		x.bytes > sizeof x.name)
		return false;
	wide_to_text(x.name, x.bytes / 2, ret);
	return true;
}

bool registry_flags(HKEY key, unsigned *ret)
{
	query_function query = (query_function)(void *)native("NtQueryKey");
	struct flags_information x = { 0, 0, 0 };
	ULONG n;

	if (!query || query(key, FLAGS_INFORMATION, &x, sizeof x, &n) != 0)
		return false;
	*ret = x.flags;
	return true;
}
