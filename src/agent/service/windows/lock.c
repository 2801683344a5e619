/* A file in the state folder that says who has it and where it listens. A byte far behind what it
 * says is locked, so that everybody may read it all the same. */
#include "agent/service/windows/lock.h"

#include <stdlib.h>

#include "agent/service/lock.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define TEXT_BYTES 8192
#define LOCKED_AT 0x40000000 /* of the file */

static wchar_t *file_of(struct arena *a, const char *state_dir)
{
	return wide_path(a, span_of(arena_format(a, "%s\\%s", state_dir, AGENT_LOCK_FILE)));
}

static int make_folder(struct arena *a, const char *dir, SECURITY_ATTRIBUTES *security,
	struct err *e)
{
	DWORD attributes;

	if (!CreateDirectoryW(wide_path(a, span_of(dir)), security) &&
		GetLastError() != ERROR_ALREADY_EXISTS)
		return err_windows(e, GetLastError(), "cannot make the state folder '%.300s'", dir);
	attributes = GetFileAttributesW(wide_path(a, span_of(dir)));
	if (attributes == INVALID_FILE_ATTRIBUTES)
		return err_windows(e, GetLastError(), "cannot look at the state folder '%.300s'",
			dir);
	if (!(attributes & FILE_ATTRIBUTE_DIRECTORY) || attributes & FILE_ATTRIBUTE_REPARSE_POINT)
		return err_set(e, ERR_DENIED, "the state folder '%.300s' is no folder", dir);
	return 0;
}

static bool lock_byte(HANDLE h, DWORD how)
{
	OVERLAPPED at = { .Offset = LOCKED_AT };

	return LockFileEx(h, how | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at);
}

static void read_text(HANDLE h, char text[TEXT_BYTES])
{
	OVERLAPPED at = { 0 };
	DWORD n = 0;

	if (!ReadFile(h, text, TEXT_BYTES - 1, &n, &at))
		n = 0;
	text[n] = '\0';
}

static int taken(HANDLE h, const char *state_dir, struct err *e)
{
	char text[TEXT_BYTES];

	read_text(h, text);
	return err_set(e, ERR_LOCKED, "an agent runs already for the state '%.300s': process %lu",
		state_dir, strtoul(text, NULL, 10));
}

static bool write_text(HANDLE h, const struct buf *text)
{
	OVERLAPPED at = { 0 };
	DWORD n;

	return WriteFile(h, text->p, (DWORD)text->n, &n, &at) && n == text->n &&
	       SetFilePointer(h, (LONG)text->n, NULL, FILE_BEGIN) == text->n && SetEndOfFile(h);
}

int lock_take(HANDLE *ret, const char *state_dir, const char *control, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) text = BUF_INIT(TEXT_BYTES);
	SECURITY_ATTRIBUTES *security = guarded_attributes(a, e);
	HANDLE h;
	int rc = 0;

	if (!security || make_folder(a, state_dir, security, e) < 0)
		return e->code;
	h = CreateFileW(file_of(a, state_dir), GENERIC_READ | GENERIC_WRITE,
		FILE_SHARE_READ | FILE_SHARE_WRITE, security, OPEN_ALWAYS,
		FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open the lock of '%.300s'",
			state_dir);
	buf_addf(&text, "%lu\n%s\n", GetCurrentProcessId(), control ? control : "");
	if (!lock_byte(h, LOCKFILE_EXCLUSIVE_LOCK))
		rc = taken(h, state_dir, e);
	else if (!write_text(h, &text))
		rc = err_windows(e, GetLastError(), "cannot write to the state folder '%.300s'",
			state_dir);
	if (rc < 0)
		CloseHandle(h);
	else
		*ret = h;
	return rc;
}

int lock_holder(const char *state_dir, DWORD *ret_pid, struct buf *ret_name, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE h = CreateFileW(file_of(a, state_dir), GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	DWORD code = GetLastError();
	struct span rest, pid, control;
	char text[TEXT_BYTES];
	bool held;

	if (h == INVALID_HANDLE_VALUE)
		return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND
			       ? err_set(e, ERR_MISSING, "no agent is running")
			       : err_windows(e, code, "cannot ask who has the state '%.300s'",
					 state_dir);
	held = !lock_byte(h, 0);
	read_text(h, text);
	CloseHandle(h);
	if (!held)
		return err_set(e, ERR_MISSING, "no agent is running");
	rest = span_of(text);
	if (!span_cut(&rest, '\n', &pid) || !span_cut(&rest, '\n', &control) || !control.n)
		return err_set(e, ERR_MISSING, "the agent has no control pipe");
	*ret_pid = strtoul(text, NULL, 10);
	buf_add_span(ret_name, control);
	return 0;
}
