/* The state folder and its files belong to the system and the administrators (guarded.h). */
#include "store/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "core/arena.h"
#include "core/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define LOCK_FILE "lock"
#define LOCK_AT 0x40000000u                 /* far behind the number, which others may read */
#define WAIT_NS INT64_C(50000000)           /* for one who is just about to say for how long */
#define WAIT_SHARED_NS INT64_C(20000000000) /* for one who gives it back soon */
#define WAIT_MS 2
#define SHARED " shared" /* behind the number of one who gives it back soon */
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define FOLDER_MAX 4096

struct place {
	HANDLE folder; /* held, so that nobody puts another one in its place */
	HANDLE lock;   /* INVALID_HANDLE_VALUE: not opened */
	bool locked;
	char *dir;
};

static int refuse(struct err *e, const char *what, const char *why)
{
	return err_set(e, ERR_DENIED, "state '%s' is not safe: %s", what, why);
}

/* A junction or link would lead to where somebody else may write. */
static int check_plain(HANDLE h, bool folder, const char *what, struct err *e)
{
	BY_HANDLE_FILE_INFORMATION info;

	if (!GetFileInformationByHandle(h, &info))
		return err_windows(e, GetLastError(), "cannot look at '%s'", what);
	if (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
		return refuse(e, what, "it is a symbolic link");
	if (!(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == folder)
		return refuse(e, what, folder ? "it is not a folder" : "it is not a regular file");
	return 0;
}

/* With the one above it, ProgramData\Invar, which no package may have made. */
static int make_folder(const char *dir, struct arena *a, struct err *e)
{
	void *security = guarded_attributes(a, e);
	wchar_t *above = wide_path(a, span_of(dir)), *last = wcsrchr(above, '\\');

	if (!security)
		return e->code;
	if (last)
		*last = 0;
	(void)CreateDirectoryW(above, security); /* what is there stays as it is */
	if (!CreateDirectoryW(wide_path(a, span_of(dir)), security) &&
		GetLastError() != ERROR_ALREADY_EXISTS)
		return err_windows(e, GetLastError(), "cannot make state folder '%s'", dir);
	return 0;
}

int place_open(struct place **ret, const char *dir, bool create, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct place *p;
	const char *real;
	HANDLE h;
	int rc;

	if (create && make_folder(dir, a, e) < 0)
		return e->code;
	h = CreateFileW(wide_path(a, span_of(dir)), FILE_LIST_DIRECTORY | READ_CONTROL,
		FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open state folder '%s'", dir);
	p = mem_new(sizeof *p);
	p->folder = h;
	p->lock = INVALID_HANDLE_VALUE;
	rc = check_plain(h, true, dir, e);
	rc = rc < 0 ? rc : guarded_check(h, false, dir, e);
	/* its owner could put an older state in the place of this one */
	rc = rc < 0 ? rc : guarded_check_above(dir, e);
	real = rc < 0 ? NULL : file_real(a, dir);
	if (rc == 0 && !real)
		rc = err_sys(e, "cannot find state folder '%s'", dir);
	if (rc == 0 && strlen(real) > FOLDER_MAX)
		rc = err_set(e, ERR_LIMIT, "the name of the state folder is longer than %d bytes",
			FOLDER_MAX);
	if (rc < 0) {
		place_close(p);
		return rc;
	}
	p->dir = mem_text(real);
	*ret = p;
	return 0;
}

void place_close(struct place *p)
{
	if (!p)
		return;
	place_unlock(p);
	if (p->lock != INVALID_HANDLE_VALUE)
		CloseHandle(p->lock);
	CloseHandle(p->folder);
	free(p->dir);
	free(p);
}

const char *place_dir(const struct place *p)
{
	return p->dir;
}

const char *place_path(const struct place *p, const char *name, char *ret, size_t n)
{
	bool share = p->dir[0] == '\\';

	/* as the functions take it at any length */
	snprintf(ret, n, "\\\\?\\%s%s\\%s", share ? "UNC" : "", p->dir + share, name);
	return ret;
}

static HANDLE open_in(const struct place *p, const char *name, DWORD access, DWORD how, DWORD flags,
	void *security)
{
	AUTO_FREE(arena) a = arena_new();

	return CreateFileW(wide_path(a, span_of(arena_format(a, "%s\\%s", p->dir, name))),
		access | READ_CONTROL, SHARE_ALL, security, how,
		flags | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

/* ---- the lock ---- */

static int locked_by(const struct place *p, const char *text, struct err *e)
{
	long pid = strtol(text, NULL, 10);

	if (pid > 0)
		return err_set(e, ERR_LOCKED, "state '%s' is locked by PID %ld", p->dir, pid);
	return err_set(e, ERR_LOCKED, "state '%s' is locked by another process", p->dir);
}

/* 1: we have it; 0: somebody else has. */
static int try_lock(struct place *p, struct err *e)
{
	OVERLAPPED at = { .Offset = LOCK_AT };
	DWORD code;

	if (LockFileEx(p->lock, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))
		return 1;
	code = GetLastError();
	if (code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING)
		return 0;
	return err_windows(e, code, "cannot lock '%s\\%s'", p->dir, LOCK_FILE);
}

/* Who holds it for long is not waited for. */
static int wait_lock(struct place *p, struct err *e)
{
	int64_t until = clock_monotonic() + WAIT_SHARED_NS, soon = clock_monotonic() + WAIT_NS;
	int rc;

	while ((rc = try_lock(p, e)) == 0) {
		OVERLAPPED start = { 0 };
		char text[64] = { 0 };
		DWORD n = 0;
		bool shared = ReadFile(p->lock, text, sizeof text - 1, &n, &start) &&
			      strstr(text, SHARED);

		if (clock_monotonic() > (shared ? until : soon))
			return locked_by(p, text, e);
		Sleep(WAIT_MS);
	}
	return rc < 0 ? rc : 0;
}

static int open_lock(struct place *p, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	void *security = guarded_attributes(a, e);
	HANDLE h;
	int rc;

	if (p->lock != INVALID_HANDLE_VALUE)
		return 0;
	if (!security)
		return e->code;
	h = open_in(p, LOCK_FILE, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS, 0, security);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%s\\%s'", p->dir, LOCK_FILE);
	rc = check_plain(h, false, LOCK_FILE, e);
	rc = rc < 0 ? rc : guarded_check(h, false, LOCK_FILE, e);
	if (rc < 0) {
		CloseHandle(h);
		return rc;
	}
	p->lock = h;
	return 0;
}

int place_lock(struct place *p, bool shared, struct err *e)
{
	OVERLAPPED start = { 0 };
	char text[64];
	DWORD n, put;

	if (open_lock(p, e) < 0 || wait_lock(p, e) < 0)
		return e->code;
	p->locked = true;
	n = (DWORD)snprintf(text, sizeof text, "%lu%s\n", GetCurrentProcessId(),
		shared ? SHARED : "");
	if (SetFilePointer(p->lock, 0, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
		SetEndOfFile(p->lock) && WriteFile(p->lock, text, n, &put, &start) && put == n)
		return 0;
	(void)err_windows(e, GetLastError(), "cannot write '%s\\%s'", p->dir, LOCK_FILE);
	place_unlock(p);
	return e->code;
}

void place_unlock(struct place *p)
{
	OVERLAPPED at = { .Offset = LOCK_AT };

	if (p->locked)
		(void)UnlockFileEx(p->lock, 0, 1, 0, &at);
	p->locked = false;
}

/* ---- files ---- */

static int check_file(struct place *p, const char *name, bool secret, char *head, size_t *head_n,
	struct err *e)
{
	HANDLE h = open_in(p, name, GENERIC_READ, OPEN_EXISTING, 0, NULL);
	DWORD n = 0, code = GetLastError();
	int rc;

	if (h == INVALID_HANDLE_VALUE && code == ERROR_FILE_NOT_FOUND)
		return 0;
	if (h == INVALID_HANDLE_VALUE) {
		(void)err_windows(e, code, "cannot open '%s\\%s'", p->dir, name);
		return e->code;
	}
	rc = check_plain(h, false, name, e);
	rc = rc < 0 ? rc : guarded_check(h, secret, name, e);
	if (rc == 0 && head && !ReadFile(h, head, (DWORD)*head_n, &n, NULL))
		rc = err_windows(e, GetLastError(), "cannot read '%s\\%s'", p->dir, name);
	CloseHandle(h);
	if (rc < 0)
		return rc;
	if (head)
		*head_n = n;
	return 1;
}

int place_check(struct place *p, const char *name, char *head, size_t *head_n, struct err *e)
{
	return check_file(p, name, false, head, head_n, e);
}

int place_read_secret(struct place *p, const char *name, char *ret, size_t *ret_n, struct err *e)
{
	return check_file(p, name, true, ret, ret_n, e);
}

bool place_writable(const struct place *p)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE h = CreateFileW(wide_path(a, span_of(p->dir)), FILE_ADD_FILE, SHARE_ALL, NULL,
		OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

	if (h == INVALID_HANDLE_VALUE)
		return false;
	CloseHandle(h);
	return true;
}

int place_write_new(struct place *p, const char *name, struct span bytes, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	void *security = guarded_attributes(a, e);
	DWORD n = 0, code;
	HANDLE h;
	int rc = 0;

	if (!security)
		return e->code;
	h = open_in(p, name, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, security);
	code = GetLastError();
	if (h == INVALID_HANDLE_VALUE && code == ERROR_FILE_EXISTS)
		return err_set(e, ERR_EXISTS, "'%s\\%s' is there already", p->dir, name);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, code, "cannot make '%s\\%s'", p->dir, name);
	if (!WriteFile(h, bytes.p, (DWORD)bytes.n, &n, NULL) || n != bytes.n ||
		!FlushFileBuffers(h))
		rc = err_windows(e, GetLastError(), "cannot write '%s\\%s'", p->dir, name);
	CloseHandle(h);
	if (rc < 0)
		place_remove(p, name);
	return rc;
}

int place_rename(struct place *p, const char *from, const char *to, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();

	if (file_rename(arena_format(a, "%s\\%s", p->dir, from),
		    arena_format(a, "%s\\%s", p->dir, to)) < 0)
		return err_sys(e, "cannot rename '%s\\%s'", p->dir, from);
	return 0;
}

void place_remove(struct place *p, const char *name)
{
	AUTO_FREE(arena) a = arena_new();

	file_remove(arena_format(a, "%s\\%s", p->dir, name));
}
