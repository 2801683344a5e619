/* Where the settings are on Windows: %ProgramData%\Invar\agent.yaml. */
#include "agent/config/file.h"

#include <io.h>
#include <shlobj.h>
#include <stdio.h>
#include <windows.h>

#include "os/windows/guarded.h"
#include "os/windows/wide.h"
#include "policy/bind.h"

int config_file_check(int fd, const char *path, struct problems *problems, struct err *e)
{
	if (guarded_check((HANDLE)_get_osfhandle(fd), false, path, e) == 0)
		return 0;
	problem_add(problems, PROBLEM_ERROR, "unsafe-file", (struct place){ path, 0, 0 }, NULL,
		"%s; expected a file that only SYSTEM and administrators may write", e->text);
	return e->code = ERR_POLICY;
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
