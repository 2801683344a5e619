/* What is built on of the registry. */
/* clang-format off */
#include <windows.h>
#include <sddl.h>
#include <winternl.h>
/* clang-format on */
#include "agent/doctor/windows/probe.h"

#include <stdio.h>

#include "core/attr.h"

#define HEARD_MS 2000
#define QUIET_MS 300 /* that nothing comes is seen after so long */
#define ALL_KINDS \
	(REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_CHANGE_ATTRIBUTES | \
		REG_NOTIFY_CHANGE_SECURITY | REG_NOTIFY_THREAD_AGNOSTIC_)
#define REG_NOTIFY_THREAD_AGNOSTIC_ 0x10000000

typedef NTSTATUS NTAPI create_fn(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG,
	UNICODE_STRING *, ULONG, ULONG *);
typedef NTSTATUS NTAPI open_fn(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
typedef NTSTATUS NTAPI delete_fn(HANDLE);
typedef NTSTATUS NTAPI query_fn(HANDLE, int, void *, ULONG, ULONG *);

static FARPROC nt(const char *name)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
}

static HKEY make(HKEY at, const wchar_t *name, DWORD options, REGSAM rights)
{
	HKEY ret = NULL;

	return RegCreateKeyExW(at, name, 0, NULL, options, KEY_ALL_ACCESS | rights, NULL, &ret,
		       NULL) == ERROR_SUCCESS
		       ? ret
		       : NULL;
}

static LSTATUS set(HKEY k, const wchar_t *name, DWORD value)
{
	return RegSetValueExW(k, name, 0, REG_DWORD, (const BYTE *)&value, sizeof value);
}

static struct probe_result read_back(const struct probe_place *p)
{
	wchar_t name[16];
	DWORD n = ARRAYSIZE(name), type, got = 0, bytes = sizeof got;
	LSTATUS rc = set(p->key, L"value", 42);

	if (!rc)
		rc = RegEnumValueW(p->key, 0, name, &n, NULL, &type, (BYTE *)&got, &bytes);
	if (rc)
		return probe_failed((DWORD)rc, NULL);
	return type == REG_DWORD && got == 42 ? probe_works()
					      : probe_failed(0, "another value came back");
}

static struct probe_result last_write(const struct probe_place *p)
{
	FILETIME before = { 0 }, after = { 0 };
	HKEY k = make(p->key, L"time", 0, 0);

	if (!k)
		return probe_failed(GetLastError(), NULL);
	RegQueryInfoKeyW(k, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &before);
	Sleep(30);
	(void)set(k, L"x", 1);
	RegQueryInfoKeyW(k, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &after);
	RegCloseKey(k);
	return CompareFileTime(&before, &after) < 0 ? probe_works()
						    : probe_failed(0, "it did not move");
}

/* ---- being told ---- */

struct ear {
	HKEY key;
	HANDLE event;
};

static DWORD listen(const struct probe_place *p, struct ear *ret)
{
	DWORD rc;

	ret->key = make(p->key, L"heard", 0, 0);
	ret->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	rc = (DWORD)RegNotifyChangeKeyValue(ret->key, TRUE, ALL_KINDS, ret->event, TRUE);
	return rc;
}

static void ear_done(struct ear *x)
{
	RegCloseKey(x->key);
	CloseHandle(x->event);
}

static struct probe_result notify_below(const struct probe_place *p)
{
	HKEY below = make(p->key, L"heard\\below", 0, 0);
	struct ear x;
	DWORD rc = listen(p, &x);
	bool heard;

	if (rc) {
		ear_done(&x);
		return probe_missing(rc, NULL);
	}
	(void)set(below, L"x", GetTickCount());
	heard = WaitForSingleObject(x.event, HEARD_MS) == WAIT_OBJECT_0;
	RegCloseKey(below);
	ear_done(&x);
	return heard ? probe_works() : probe_failed(0, "a value below was set, and nothing heard");
}

static bool set_list(HKEY k, const wchar_t *sddl, SECURITY_INFORMATION what, LSTATUS *ret)
{
	SECURITY_DESCRIPTOR *d = NULL;

	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
		    (PSECURITY_DESCRIPTOR *)&d, NULL))
		return false;
	*ret = RegSetKeySecurity(k, what, d);
	LocalFree(d);
	return true;
}

static struct probe_result notify_security(const struct probe_place *p)
{
	struct ear x;
	DWORD rc = listen(p, &x);
	LSTATUS done = 0;
	bool heard;

	if (rc) {
		ear_done(&x);
		return probe_missing(rc, NULL);
	}
	(void)set_list(x.key, L"D:P(A;;KA;;;SY)(A;;KA;;;BA)(A;;KA;;;WD)", DACL_SECURITY_INFORMATION,
		&done);
	heard = WaitForSingleObject(x.event, QUIET_MS) == WAIT_OBJECT_0;
	ear_done(&x);
	if (done)
		return probe_missing((DWORD)done, NULL);
	return heard ? probe_works()
		     : probe_failed(0, "a list was set, and nothing heard: scans find it");
}

static struct probe_result security(const struct probe_place *p)
{
	char bytes[4096];
	DWORD n = sizeof bytes;
	HKEY k = make(p->key, L"security", 0, 0);
	LSTATUS rc = 0;
	PSID owner = NULL;
	BOOL defaulted;

	if (!set_list(k, L"O:BAG:BAD:P(A;;KA;;;SY)(A;;KA;;;BA)(A;;KA;;;WD)",
		    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &rc))
		rc = (LSTATUS)GetLastError();
	if (!rc)
		rc = RegGetKeySecurity(k, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
			bytes, &n);
	RegCloseKey(k);
	if (rc)
		return probe_missing((DWORD)rc, NULL);
	(void)GetSecurityDescriptorOwner(bytes, &owner, &defaulted);
	return owner && IsWellKnownSid(owner, WinBuiltinAdministratorsSid)
		       ? probe_works()
		       : probe_failed(0, "another owner came back");
}

/* ---- what the ordinary functions do not show ---- */

static struct probe_result nul_names(const struct probe_place *p)
{
	wchar_t name[] = L"hid\0den", got[16];
	UNICODE_STRING text = { 7 * sizeof *name, 7 * sizeof *name, name };
	OBJECT_ATTRIBUTES at = { .Length = sizeof at,
		.RootDirectory = p->key,
		.ObjectName = &text };
	create_fn *create = (create_fn *)(void *)nt("NtCreateKey");
	open_fn *open = (open_fn *)(void *)nt("NtOpenKey");
	delete_fn *del = (delete_fn *)(void *)nt("NtDeleteKey");
	HANDLE made = NULL, opened = NULL;
	bool seen = false;
	NTSTATUS rc;
	DWORD n;

	if (!create || !open || !del)
		return probe_missing(ERROR_PROC_NOT_FOUND, NULL);
	rc = create(&made, KEY_ALL_ACCESS, &at, 0, NULL, 0, NULL);
	if (rc < 0)
		return probe_missing((DWORD)rc, NULL);
	for (DWORD i = 0; n = ARRAYSIZE(got),
		   !seen && RegEnumKeyExW(p->key, i, got, &n, NULL, NULL, NULL, NULL) == 0;
		i++)
		seen = n == 7 && memcmp(got, name, 7 * sizeof *got) == 0;
	rc = open(&opened, KEY_READ, &at);
	(void)del(made);
	CloseHandle(made);
	if (opened)
		CloseHandle(opened);
	if (rc < 0 || !seen)
		return probe_failed((DWORD)rc, "it was made, and is not found");
	return probe_works();
}

static struct probe_result links(const struct probe_place *p)
{
	HKEY target = make(p->key, L"target", 0, 0), link = NULL, through = NULL;
	delete_fn *del = (delete_fn *)(void *)nt("NtDeleteKey");
	wchar_t to[300];
	DWORD got = 0, bytes = sizeof got;
	LSTATUS rc;
	int n = _snwprintf(to, ARRAYSIZE(to), L"\\Registry\\Machine\\%ls\\target", p->path);

	(void)set(target, L"x", 7);
	rc = RegCreateKeyExW(p->key, L"link", 0, NULL, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE,
		KEY_ALL_ACCESS | KEY_CREATE_LINK, NULL, &link, NULL);
	if (!rc)
		rc = RegSetValueExW(link, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)to,
			(DWORD)((size_t)n * sizeof *to));
	if (!rc)
		rc = RegOpenKeyExW(p->key, L"link", 0, KEY_READ, &through);
	if (!rc)
		rc = RegQueryValueExW(through, L"x", NULL, NULL, (BYTE *)&got, &bytes);
	if (through)
		RegCloseKey(through);
	if (link && del)
		(void)del(link);
	RegCloseKey(link);
	RegCloseKey(target);
	if (rc)
		return probe_missing((DWORD)rc, NULL);
	return got == 7 ? probe_works() : probe_failed(0, "it leads elsewhere");
}

static struct probe_result view32(const struct probe_place *p)
{
	static const wchar_t path[] = L"SOFTWARE\\Invar doctor";
	query_fn *query = (query_fn *)(void *)nt("NtQueryKey");
	struct {
		ULONG n;
		wchar_t name[512];
	} got = { 0 };
	HKEY k = make(HKEY_LOCAL_MACHINE, path, REG_OPTION_VOLATILE, KEY_WOW64_32KEY);
	ULONG n;
	NTSTATUS rc;

	(void)p;
	if (!k || !query)
		return probe_missing(GetLastError(), NULL);
	rc = query(k, 3 /* KeyNameInformation */, &got, sizeof got - sizeof *got.name, &n);
	RegCloseKey(k);
	(void)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_32KEY, 0);
	if (rc < 0)
		return probe_missing((DWORD)rc, NULL);
	CharUpperW(got.name);
	return wcsstr(got.name, L"WOW6432NODE") ? probe_works()
						: probe_missing(0, "there is one view only");
}

static struct probe_result flags(const struct probe_place *p)
{
	query_fn *query = (query_fn *)(void *)nt("NtQueryKey");
	HKEY k = make(p->key, L"volatile", REG_OPTION_VOLATILE, 0);
	ULONG got[8] = { 0 }, n;
	NTSTATUS rc;

	if (!k || !query)
		return probe_missing(GetLastError(), NULL);
	rc = query(k, 5 /* KeyFlagsInformation */, got, sizeof got, &n);
	RegCloseKey(k);
	return rc < 0 ? probe_missing((DWORD)rc, "whether a key is volatile is not known")
		      : probe_works();
}

const struct probe probes_registry[] = {
	{ "registry values", read_back },
	{ "registry last write time", last_write },
	{ "registry notification below a key", notify_below },
	{ "registry security", security },
	{ "registry notification of security", notify_security },
	{ "registry names with NUL", nul_names },
	{ "registry links", links },
	{ "registry 32-bit view", view32 },
	{ "registry key flags", flags },
	{ NULL, NULL },
};
