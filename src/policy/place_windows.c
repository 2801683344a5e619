/* Where this host has its folders: what the setup wrote, not the environment of whoever runs us. */
#include "policy/place.h"

#include <windows.h>

#include "os/windows/wide.h"

#define CURRENT L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define PROFILES L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"

static const struct {
	const wchar_t *key, *value; /* NULL: below the folder of Windows */
	const wchar_t *below;
} places[PLACE_N] = {
	[PLACE_WINDOWS] = { NULL, NULL, L"" },
	[PLACE_SYSTEM32] = { NULL, NULL, L"\\System32" },
	[PLACE_SYSWOW64] = { NULL, NULL, L"\\SysWOW64" },
	[PLACE_PROGRAM_FILES] = { CURRENT, L"ProgramFilesDir", NULL },
	[PLACE_PROGRAM_FILES_X86] = { CURRENT, L"ProgramFilesDir (x86)", NULL },
	[PLACE_PROGRAM_DATA] = { PROFILES, L"ProgramData", NULL },
	[PLACE_USERS_FOLDER] = { PROFILES, L"ProfilesDirectory", NULL },
};

bool place_of_host(enum windows_place place, struct buf *ret)
{
	wchar_t path[MAX_PATH + 1];
	DWORD bytes = sizeof path;
	size_t n;

	if (!places[place].key) {
		n = GetSystemWindowsDirectoryW(path, MAX_PATH);
		if (n == 0 || n > MAX_PATH)
			return false;
	} else {
		if (RegGetValueW(HKEY_LOCAL_MACHINE, places[place].key, places[place].value,
			    RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_SUBKEY_WOW6464KEY, NULL,
			    path, &bytes) != ERROR_SUCCESS)
			return false;
		n = wcslen(path);
	}
	while (n && path[n - 1] == L'\\')
		n--;
	if (n < 2 || path[1] != L':')
		return false;
	wide_to_text(path, n, ret);
	if (places[place].below)
		wide_to_text(places[place].below, wcslen(places[place].below), ret);
	return true;
}
