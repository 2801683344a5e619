#include "os/program.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

/* clang-format off */
#include <windows.h>
#include <knownfolders.h>
#include <shellapi.h>
#include <shlobj.h>
/* clang-format on */

#include "core/buf.h"
#include "core/mem.h"
#include "os/windows/errno.h"
#include "os/windows/wide.h"

#define PATH_UNITS 32768

static struct arena *kept; /* what lives as long as the process */

/* Of the C library's arguments, which follow the code page, nothing is used. */
static void take_arguments(int *argc, char ***argv)
{
	int n = 0;
	wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &n);
	char **ret;

	if (!wide)
		return;
	ret = arena_get(kept, ((size_t)n + 1) * sizeof *ret);
	for (int i = 0; i < n; i++) {
		struct span s = wide_to_span_z(kept, wide[i]);

		ret[i] = mem_copy(s.p, s.n);
	}
	LocalFree(wide);
	*argc = n;
	*argv = ret;
}

static void settle_console(DWORD which)
{
	HANDLE h = GetStdHandle(which);
	DWORD mode;

	if (GetConsoleMode(h, &mode))
		(void)SetConsoleMode(h,
			mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* The console is shared with the shell, which gets it back as it was. */
static UINT pages[2];

static void give_pages_back(void)
{
	(void)SetConsoleCP(pages[0]);
	(void)SetConsoleOutputCP(pages[1]);
}

static void settle_pages(void)
{
	pages[0] = GetConsoleCP();
	pages[1] = GetConsoleOutputCP();
	if (pages[0] == 0) /* there is no console */
		return;
	(void)SetConsoleCP(CP_UTF8);
	(void)SetConsoleOutputCP(CP_UTF8);
	(void)atexit(give_pages_back);
}

void program_begin(int *argc, char ***argv)
{
	kept = arena_new();
	take_arguments(argc, argv);
	for (int fd = PROGRAM_INPUT; fd <= PROGRAM_ERRORS; fd++)
		(void)_setmode(fd, _O_BINARY);
	settle_pages();
	settle_console(STD_OUTPUT_HANDLE);
	settle_console(STD_ERROR_HANDLE);
	/* nothing is loaded from the working folder or beside the program, nothing pops up */
	(void)SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	(void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX | SEM_NOGPFAULTERRORBOX);
}

const char *program_called(void)
{
	return "invar";
}

const char *program_file(struct arena *a)
{
	wchar_t *w = arena_get(a, PATH_UNITS * sizeof *w);
	DWORD n = GetModuleFileNameW(NULL, w, PATH_UNITS);

	if (n > 0 && n < PATH_UNITS)
		return arena_text(a, wide_to_span(a, w, n));
	(void)errno_windows(GetLastError());
	return NULL;
}

long program_pid(void)
{
	return (long)GetCurrentProcessId();
}

/* Not by the environment, which whoever starts us may change. */
static const char *below_data(const char *name)
{
	const char *ret = NULL;
	wchar_t *w = NULL;

	if (!kept)
		kept = arena_new();
	if (SHGetKnownFolderPath(&FOLDERID_ProgramData, KF_FLAG_DEFAULT, NULL, &w) == S_OK)
		ret = arena_format(kept, "%s\\Invar\\%s", arena_text(kept, wide_to_span_z(kept, w)),
			name);
	CoTaskMemFree(w);
	return ret ? ret : arena_format(kept, "C:\\ProgramData\\Invar\\%s", name);
}

const char *program_policy_folder(void)
{
	static const char *folder;

	return folder ? folder : (folder = below_data("policy.d"));
}

const char *program_state_folder(void)
{
	static const char *folder;

	return folder ? folder : (folder = below_data("state"));
}
