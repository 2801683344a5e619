#include "sensor/user/netapi_windows.h"

#include "os/windows/fault.h"
#include "os/windows/optional.h"

/* Windows' own, whatever lies beside a program that an administrator has just unpacked somewhere.
 * Wine has no accounts: there our tests put them beside the program. */
static DWORD places(void)
{
	return LOAD_LIBRARY_SEARCH_SYSTEM32 | (on_wine() ? LOAD_LIBRARY_SEARCH_APPLICATION_DIR : 0);
}

static const struct {
	const char *name;
	size_t at;
} rows[] = {
	{ "NetUserEnum", offsetof(struct netapi, user_enum) },
	{ "NetUserGetInfo", offsetof(struct netapi, user_get) },
	{ "NetLocalGroupEnum", offsetof(struct netapi, group_enum) },
	{ "NetLocalGroupGetMembers", offsetof(struct netapi, group_members) },
	{ "NetApiBufferFree", offsetof(struct netapi, free) },
};

int netapi_open(const struct netapi **ret, struct err *e)
{
	static struct netapi table;
	HMODULE library;

	if (table.free) {
		*ret = &table;
		return 0;
	}
	library = LoadLibraryExW(L"netapi32.dll", NULL, places());
	if (!library)
		return err_windows(e, GetLastError(), "cannot load netapi32.dll");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		FARPROC f = GetProcAddress(library, rows[i].name);

		if (!f)
			return err_windows(e, GetLastError(), "netapi32.dll has no %s",
				rows[i].name);
		memcpy((char *)&table + rows[i].at, &f, sizeof f);
	}
	*ret = &table;
	return 0;
}
