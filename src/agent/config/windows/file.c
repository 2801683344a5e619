/* Where the settings are on Windows: %ProgramData%\Invar\agent.yaml. */
#include "agent/config/file.h"

#include <shlobj.h>
#include <stdio.h>
#include <windows.h>

#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"
#include "policy/bind.h"

#define CHUNK ((DWORD)64 << 10)
static int read_all(HANDLE h, const char *path, struct buf *ret, struct err *e)
{
	for (;;) {
		char *room = buf_room(ret, CHUNK);
		DWORD n = 0;

		if (!room)
			return err_set(e, ERR_LIMIT, "'%.300s' has more than 1 MiB", path);
		if (!ReadFile(h, room, CHUNK, &n, NULL))
			return err_windows(e, GetLastError(), "cannot read '%.300s'", path);
		if (n == 0)
			return 0;
		ret->n += n;
	}
}

/* Whoever may write the settings decides where records go. */
static int check_writers(HANDLE h, const char *path, struct problems *problems, struct err *e)
{
	if (guarded_check(h, false, path, e) == 0)
		return 0;
	problem_add(problems, PROBLEM_ERROR, "unsafe-file", (struct place){ path, 0, 0 }, NULL,
		"%s; expected a file that only SYSTEM and administrators may write", e->text);
	return e->code = ERR_POLICY;
}

int config_file_read(const char *path, struct buf *ret, struct problems *problems, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE h = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ | READ_CONTROL,
		FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
	int rc;

	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%.300s'", path);
	rc = check_writers(h, path, problems, e);
	if (rc == 0)
		rc = read_all(h, path, ret, e);
	CloseHandle(h);
	return rc;
}

bool config_file_absolute(struct span path)
{
	bool letter = path.n > 2 && ((path.p[0] | 0x20) >= 'a' && (path.p[0] | 0x20) <= 'z');

	return letter && path.p[1] == ':' && (path.p[2] == '\\' || path.p[2] == '/');
}

static BOOL CALLBACK find_default(PINIT_ONCE once, PVOID ctx, PVOID *ret)
{
	AUTO(buf) path = BUF_INIT(4096);
	wchar_t *folder = NULL;

	(void)once, (void)ret;
	if (SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &folder) == S_OK)
		wide_to_text(folder, wcslen(folder), &path);
	CoTaskMemFree(folder);
	snprintf(ctx, MAX_PATH * 4, "%s\\Invar\\agent.yaml",
		path.n ? buf_text(&path) : "C:\\ProgramData");
	return TRUE;
}

const char *config_file_default(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	static char path[MAX_PATH * 4];

	(void)InitOnceExecuteOnce(&once, find_default, path, NULL);
	return path;
}
