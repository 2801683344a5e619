/* What a person at a console does that Wine's own tools cannot: press Ctrl-C, end a process.
 *
 *	console FILE PROGRAM ARGUMENT…   run it; when the (Unix) file appears, Ctrl-Break for it;
 *	                                 its status
 *	console kill-agent FILE          end the process that a lock file names
 *	console hold FILE TEXT STOP      write to a file that nobody else may open until the (Unix)
 *	                                 file STOP appears
 *	console take FILE STATUS ARG     append its arguments and standard input to a file; 7 is
 *	                                 its status the first time, then STATUS; "hang": never ends
 *	console hide KEY                 make a value below HKLM whose name is a, NUL, b
 *	console hide-key KEY             the same, a key
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <winternl.h>

static int kill_agent(const wchar_t *file)
{
	HANDLE f = CreateFileW(file, GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
		NULL);
	char text[64] = { 0 };
	HANDLE process;
	DWORD n;

	if (f == INVALID_HANDLE_VALUE || !ReadFile(f, text, sizeof text - 1, &n, NULL))
		return 1;
	CloseHandle(f);
	process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, strtoul(text, NULL, 10));
	if (!process || !TerminateProcess(process, 9))
		return 1;
	WaitForSingleObject(process, 5000);
	return 0;
}

/* Is this file of the host's there? */
static bool is_there(const wchar_t *unix_path)
{
	wchar_t path[1024];

	_snwprintf(path, ARRAYSIZE(path) - 1, L"Z:%ls", unix_path);
	path[ARRAYSIZE(path) - 1] = 0;
	return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static int hold(const wchar_t *file, const wchar_t *text, const wchar_t *stop)
{
	HANDLE f = CreateFileW(file, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
	DWORD n;

	if (f == INVALID_HANDLE_VALUE ||
		!WriteFile(f, text, (DWORD)(wcslen(text) * sizeof *text), &n, NULL))
		return 1;
	FlushFileBuffers(f);
	while (!is_there(stop))
		Sleep(50);
	return 0;
}

static int hide(const wchar_t *name)
{
	typedef NTSTATUS NTAPI set_value_fn(HANDLE, const UNICODE_STRING *, ULONG, ULONG,
		const void *, ULONG);
	HMODULE nt = GetModuleHandleW(L"ntdll.dll");
	FARPROC set = GetProcAddress(nt, "NtSetValueKey");
	wchar_t text[] = L"a\0b";
	UNICODE_STRING hidden = { sizeof text - sizeof *text, sizeof text, text };
	HKEY key;

	if (RegCreateKeyW(HKEY_LOCAL_MACHINE, name, &key) != ERROR_SUCCESS)
		return 1;
	return ((set_value_fn *)(void (*)(void))set)(key, &hidden, 0, REG_SZ, L"x", 4) < 0;
}

static int hide_key(const wchar_t *name)
{
	typedef NTSTATUS NTAPI create_key_fn(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *,
		ULONG, const UNICODE_STRING *, ULONG, ULONG *);
	FARPROC create = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtCreateKey");
	wchar_t text[] = L"a\0b";
	UNICODE_STRING hidden = { sizeof text - sizeof *text, sizeof text, text };
	OBJECT_ATTRIBUTES at = { .Length = sizeof at, .ObjectName = &hidden };
	HKEY key;
	HANDLE made;

	if (RegCreateKeyW(HKEY_LOCAL_MACHINE, name, &key) != ERROR_SUCCESS)
		return 1;
	at.RootDirectory = key;
	return ((create_key_fn *)(void (*)(void))create)(&made, KEY_ALL_ACCESS, &at, 0, NULL, 0,
		       NULL) < 0 ||
	       RegSetValueExW(made, L"DisplayName", 0, REG_SZ, (const BYTE *)L"x", 4) != 0;
}

/* What a route to: command runs. */
static int take(const wchar_t *file, const wchar_t *status, const wchar_t *argument)
{
	char bytes[65536], text[1024];
	DWORD n;
	HANDLE f = CreateFileW(file, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
		OPEN_ALWAYS, 0, NULL);
	bool first = GetLastError() != ERROR_ALREADY_EXISTS;

	if (f == INVALID_HANDLE_VALUE)
		return 1;
	if (wcscmp(status, L"hang") == 0)
		Sleep(INFINITE);
	if (first) {
		n = (DWORD)snprintf(text, sizeof text, "argument %ls\n", argument);
		WriteFile(f, text, n, &n, NULL);
		return 7;
	}
	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof bytes, &n, NULL) && n)
		if (!WriteFile(f, bytes, n, &n, NULL))
			return 1;
	return (int)wcstol(status, NULL, 10);
}

static void add_word(wchar_t *line, const wchar_t *word)
{
	if (*line)
		wcscat(line, L" ");
	wcscat(line, L"\"");
	wcscat(line, word);
	wcscat(line, L"\"");
}

/* In a console of its own, which has no window; Ctrl-C is for all who are attached to it. */
static bool press(DWORD pid)
{
	FreeConsole();
	return AttachConsole(pid) && SetConsoleCtrlHandler(NULL, TRUE) &&
	       GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
}

static int run(const wchar_t *stop, wchar_t *line)
{
	STARTUPINFOW start = { .cb = sizeof start,
		.dwFlags = STARTF_USESTDHANDLES,
		.hStdInput = GetStdHandle(STD_INPUT_HANDLE),
		.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
		.hStdError = GetStdHandle(STD_ERROR_HANDLE) };
	PROCESS_INFORMATION child;
	DWORD status = 1;
	bool sent = false;

	if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start,
		    &child))
		return 1;
	while (WaitForSingleObject(child.hProcess, 50) == WAIT_TIMEOUT)
		if (!sent && is_there(stop))
			sent = press(child.dwProcessId);
	GetExitCodeProcess(child.hProcess, &status);
	return (int)status;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	static wchar_t line[8192];

	if (argc == 3 && wcscmp(argv[1], L"kill-agent") == 0)
		return kill_agent(argv[2]);
	if (argc == 5 && wcscmp(argv[1], L"hold") == 0)
		return hold(argv[2], argv[3], argv[4]);
	if (argc == 3 && wcscmp(argv[1], L"hide") == 0)
		return hide(argv[2]);
	if (argc == 3 && wcscmp(argv[1], L"hide-key") == 0)
		return hide_key(argv[2]);
	if (argc == 5 && wcscmp(argv[1], L"take") == 0)
		return take(argv[2], argv[3], argv[4]);
	if (argc < 3)
		return 2;
	for (int i = 2; i < argc; i++)
		add_word(line, argv[i]);
	return run(argv[1], line);
}
