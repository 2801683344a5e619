/* What is built on of file systems. */
/* clang-format off */
#include <windows.h>
#include <wintrust.h>
#include <softpub.h>
/* clang-format on */
#include "agent/doctor/windows/probe.h"

#include <stdio.h>

#include "os/windows/wide.h"

#define HEARD_MS 2000
#define BUFFER_BYTES 16384

static wchar_t *in(const struct probe_place *p, const char *name)
{
	return wide_path(p->arena, span_of(arena_format(p->arena, "%s\\%s", p->folder, name)));
}

static DWORD write_file(const wchar_t *path, const char *text)
{
	HANDLE h = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
	DWORD n, code = GetLastError();

	if (h == INVALID_HANDLE_VALUE)
		return code;
	code = WriteFile(h, text, (DWORD)strlen(text), &n, NULL) ? 0 : GetLastError();
	CloseHandle(h);
	return code;
}

static HANDLE open_it(const wchar_t *path, DWORD rights)
{
	return CreateFileW(path, rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
		NULL);
}

static struct probe_result ids(const struct probe_place *p)
{
	HANDLE h;
	FILE_ID_INFO id;
	bool got;
	DWORD code = write_file(in(p, "id"), "x");

	if (code)
		return probe_failed(code, NULL);
	h = open_it(in(p, "id"), FILE_READ_ATTRIBUTES);
	got = GetFileInformationByHandleEx(h, FileIdInfo, &id, sizeof id);
	code = GetLastError();
	CloseHandle(h);
	return got ? probe_works() : probe_missing(code, NULL);
}

static struct probe_result change_time(const struct probe_place *p)
{
	FILETIME old = { 0, 0x01c00000 };
	FILE_BASIC_INFO info = { 0 };
	HANDLE h;

	(void)write_file(in(p, "time"), "x");
	h = open_it(in(p, "time"), FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES);
	(void)SetFileTime(h, &old, &old, &old);
	(void)GetFileInformationByHandleEx(h, FileBasicInfo, &info, sizeof info);
	CloseHandle(h);
	return info.ChangeTime.QuadPart != info.LastWriteTime.QuadPart
		       ? probe_works()
		       : probe_missing(0, "it is the time of the last write, which can be set");
}

static struct probe_result streams(const struct probe_place *p)
{
	WIN32_FIND_STREAM_DATA d;
	unsigned n = 0;
	HANDLE h;
	DWORD code = write_file(in(p, "streams"), "x");

	if (!code)
		code = write_file(in(p, "streams:second"), "y");
	if (code)
		return probe_missing(code, NULL);
	h = FindFirstStreamW(in(p, "streams"), FindStreamInfoStandard, &d, 0);
	code = GetLastError();
	if (h == INVALID_HANDLE_VALUE)
		return probe_missing(code, NULL);
	do
		n++;
	while (FindNextStreamW(h, &d));
	FindClose(h);
	return n == 2 ? probe_works() : probe_failed(0, "the second one is not listed");
}

static struct probe_result reparse(const struct probe_place *p)
{
	DWORD attributes;

	(void)write_file(in(p, "target"), "x");
	if (!CreateSymbolicLinkW(in(p, "link"), L"target", 0))
		return probe_missing(GetLastError(), NULL);
	attributes = GetFileAttributesW(in(p, "link"));
	return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_REPARSE_POINT
		       ? probe_works()
		       : probe_failed(0, "a link was made, and is none");
}

static struct probe_result security(const struct probe_place *p)
{
	char bytes[4096];
	DWORD n = 0, code;
	HANDLE h;
	bool got;

	(void)write_file(in(p, "security"), "x");
	h = open_it(in(p, "security"), READ_CONTROL);
	got = GetKernelObjectSecurity(h, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
		bytes, sizeof bytes, &n);
	code = GetLastError();
	CloseHandle(h);
	return got ? probe_works() : probe_missing(code, NULL);
}

static struct probe_result long_paths(const struct probe_place *p)
{
	char name[100], path[512] = "";
	DWORD code = 0;

	memset(name, 'l', sizeof name);
	name[sizeof name - 1] = '\0';
	for (int i = 0; i < 4 && !code; i++) {
		size_t n = strlen(path);

		snprintf(path + n, sizeof path - n, "%s%s", n ? "\\" : "", name);
		if (!CreateDirectoryW(in(p, path), NULL))
			code = GetLastError();
	}
	return code ? probe_missing(code, NULL) : probe_works();
}

static struct probe_result surrogates(const struct probe_place *p)
{
	DWORD code = write_file(in(p, "\xed\xa0\x80"), "x");

	return code ? probe_missing(code, NULL) : probe_works();
}

/* ---- being told ---- */

static bool hear_in(const struct probe_place *p, const char *below, DWORD *ret_code)
{
	static char buffer[BUFFER_BYTES] __attribute__((aligned(8)));
	OVERLAPPED o = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
	HANDLE h = CreateFileW(in(p, "heard"), FILE_LIST_DIRECTORY,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
	bool heard = false;
	DWORD n;

	*ret_code = 0;
	if (!ReadDirectoryChangesW(h, buffer, sizeof buffer, TRUE,
		    FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE, NULL, &o, NULL)) {
		*ret_code = GetLastError();
	} else {
		(void)write_file(in(p, below), "x");
		heard = WaitForSingleObject(o.hEvent, HEARD_MS) == WAIT_OBJECT_0;
		(void)CancelIoEx(h, &o);
		(void)GetOverlappedResult(h, &o, &n, TRUE);
	}
	CloseHandle(h);
	CloseHandle(o.hEvent);
	return heard;
}

static struct probe_result notify(const struct probe_place *p)
{
	DWORD code;

	(void)CreateDirectoryW(in(p, "heard"), NULL);
	if (hear_in(p, "heard\\new", &code))
		return probe_works();
	return code ? probe_missing(code, NULL) : probe_failed(0, "a file was made, and not heard");
}

static struct probe_result notify_below(const struct probe_place *p)
{
	DWORD code;

	(void)CreateDirectoryW(in(p, "heard"), NULL);
	(void)CreateDirectoryW(in(p, "heard\\below"), NULL);
	if (hear_in(p, "heard\\below\\new", &code))
		return probe_works();
	return code ? probe_missing(code, NULL)
		    : probe_failed(0, "in a folder that was there before, nothing was heard");
}

/* The system's own library is signed, by itself or by a catalogue. */
static struct probe_result signatures(const struct probe_place *p)
{
	wchar_t path[MAX_PATH + 16];
	GUID how = WINTRUST_ACTION_GENERIC_VERIFY_V2;
	WINTRUST_FILE_INFO file = { .cbStruct = sizeof file, .pcwszFilePath = path };
	WINTRUST_DATA d = { .cbStruct = sizeof d,
		.dwUIChoice = WTD_UI_NONE,
		.fdwRevocationChecks = WTD_REVOKE_NONE,
		.dwUnionChoice = WTD_CHOICE_FILE,
		.pFile = &file,
		.dwStateAction = WTD_STATEACTION_IGNORE,
		.dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL };
	LONG rc;

	(void)p;
	GetSystemDirectoryW(path, MAX_PATH);
	wcscat(path, L"\\kernel32.dll");
	rc = WinVerifyTrust(INVALID_HANDLE_VALUE, &how, &d);
	return rc == 0 ? probe_works()
		       : probe_missing((DWORD)rc, "the system's own library has none that holds");
}

const struct probe probes_files[] = {
	{ "file ids", ids },
	{ "file change time", change_time },
	{ "file streams", streams },
	{ "file links", reparse },
	{ "file security", security },
	{ "file long paths", long_paths },
	{ "file names with half a surrogate pair", surrogates },
	{ "file signatures", signatures },
	{ "folder notification", notify },
	{ "folder notification below", notify_below },
	{ NULL, NULL },
};
