#include "os/windows/optional.h"

#include <assert.h>
#include <windows.h>

#include "core/attr.h"

static const struct {
	const wchar_t *library;
	const char *name;
	bool wine; /* it may be called there */
} table[] = {
	[OPTIONAL_SUBSCRIBE_SERVICE_CHANGE] = { L"sechost.dll",
		"SubscribeServiceChangeNotifications", false },
	[OPTIONAL_FIND_FIRST_FILE_NAME] = { L"kernel32.dll", "FindFirstFileNameW", false },
	[OPTIONAL_READ_DIRECTORY_CHANGES_EX] = { L"kernel32.dll", "ReadDirectoryChangesExW",
		false },
	[OPTIONAL_CATALOG_CONTEXT_2] = { L"wintrust.dll", "CryptCATAdminAcquireContext2", false },
	[OPTIONAL_CATALOG_HASH_2] = { L"wintrust.dll", "CryptCATAdminCalcHashFromFileHandle2",
		false },
};
static_assert(ARRAY_LEN(table) == OPTIONAL_N, "a row each");

static FARPROC look_up(const wchar_t *library, const char *name)
{
	HMODULE m = GetModuleHandleW(library);

	if (!m) /* only from System32: nothing beside the program or in the working folder */
		m = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	return m ? GetProcAddress(m, name) : NULL;
}

const char *wine_version(void)
{
	typedef const char *version_function(void);
	FARPROC f = look_up(L"ntdll.dll", "wine_get_version");

	return f ? ((version_function *)(void (*)(void))f)() : "";
}

bool on_wine(void)
{
	return wine_version()[0] != '\0';
}

void (*optional_get(enum optional which))(void)
{
	if (on_wine() && !table[which].wine)
		return NULL;
	return (void (*)(void))look_up(table[which].library, table[which].name);
}
