#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "os/random.h"
#include "os/windows/errno.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define RENAME_TRIES 12
#define RENAME_WAIT_MS 25
#define ONCE ((size_t)1 << 30) /* ReadFile and WriteFile count in 32 bits */

static HANDLE handle_of(int fd)
{
	return (HANDLE)_get_osfhandle(fd);
}

static int fd_of(HANDLE h, int flags)
{
	int fd;

	if (h == INVALID_HANDLE_VALUE)
		return errno_windows(GetLastError());
	fd = _open_osfhandle((intptr_t)h, _O_BINARY | _O_NOINHERIT | flags);
	if (fd < 0)
		CloseHandle(h);
	return fd;
}

/* As CreateFileW, by a path of ours. */
static HANDLE open_handle(const char *path, DWORD access, DWORD how, DWORD flags, void *security)
{
	AUTO_FREE(arena) a = arena_new();

	return CreateFileW(wide_path(a, span_of(path)), access, SHARE_ALL, security, how, flags,
		NULL);
}

static enum file_form type_of(HANDLE h)
{
	BY_HANDLE_FILE_INFORMATION info;

	switch (GetFileType(h)) {
	case FILE_TYPE_PIPE:
		return FILE_FORM_FIFO;
	case FILE_TYPE_CHAR:
		return FILE_FORM_CHARACTER;
	case FILE_TYPE_DISK:
		break;
	default:
		return FILE_FORM_OTHER;
	}
	if (!GetFileInformationByHandle(h, &info))
		return FILE_FORM_OTHER;
	return info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? FILE_FORM_FOLDER
								: FILE_FORM_REGULAR;
}

int file_form(const char *path, enum file_form *ret)
{
	HANDLE h = open_handle(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS, NULL);
	DWORD code = GetLastError();

	if (h == INVALID_HANDLE_VALUE) { /* the link itself? */
		h = open_handle(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
			FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
		if (h == INVALID_HANDLE_VALUE)
			return errno_windows(code);
		*ret = FILE_FORM_LINK;
	} else {
		*ret = type_of(h);
	}
	CloseHandle(h);
	return 0;
}

int file_form_of(int fd, enum file_form *ret)
{
	HANDLE h = handle_of(fd);

	if (h == INVALID_HANDLE_VALUE)
		return -1;
	*ret = type_of(h);
	return 0;
}

int file_open(const char *path)
{
	/* a folder is opened as well: file_form_of says what it is */
	return fd_of(open_handle(path, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
			     NULL),
		_O_RDONLY);
}

int file_open_waiting(const char *path)
{
	return file_open(path);
}

int file_open_write(const char *path)
{
	return fd_of(open_handle(path, GENERIC_WRITE, OPEN_EXISTING, 0, NULL), _O_WRONLY);
}

int file_make(const char *path)
{
	AUTO_FREE(arena) a = arena_new();
	struct err e;
	void *security = guarded_attributes(a, &e);

	if (!security) {
		errno = EACCES;
		return -1;
	}
	return fd_of(open_handle(path, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, security),
		_O_WRONLY);
}

static bool is_link(HANDLE h)
{
	BY_HANDLE_FILE_INFORMATION info;

	return GetFileInformationByHandle(h, &info) &&
	       info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
}

int file_open_append(const char *path)
{
	AUTO_FREE(arena) a = arena_new();
	struct err e;
	void *security = guarded_attributes(a, &e);
	HANDLE h;

	if (!security) {
		errno = EACCES;
		return -1;
	}
	h = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ | GENERIC_WRITE,
		FILE_SHARE_READ | FILE_SHARE_DELETE, security, OPEN_ALWAYS,
		FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (h != INVALID_HANDLE_VALUE && is_link(h)) {
		CloseHandle(h);
		errno = ELOOP;
		return -1;
	}
	return fd_of(h, _O_RDWR);
}

static int make_temporary(const char *folder, void *security)
{
	AUTO_FREE(arena) a = arena_new();
	uint64_t name;
	struct err e;

	if (random_bytes(&name, sizeof name, &e) < 0) {
		errno = EIO;
		return -1;
	}
	return fd_of(open_handle(file_join(a, folder,
					 arena_format(a, "%016llx.tmp", (unsigned long long)name)),
			     GENERIC_READ | GENERIC_WRITE, CREATE_NEW,
			     FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, security),
		_O_RDWR);
}

int file_temporary(const char *folder)
{
	AUTO_FREE(arena) a = arena_new();
	struct err e;
	void *security = guarded_attributes(a, &e);
	wchar_t *temp = arena_get(a, (MAX_PATH + 2) * sizeof *temp);
	int fd;

	if (!security) {
		errno = EACCES;
		return -1;
	}
	fd = make_temporary(folder, security);
	if (fd < 0 && GetTempPathW(MAX_PATH + 1, temp))
		fd = make_temporary(arena_text(a, wide_to_span_z(a, temp)), security);
	return fd;
}

void file_close(int fd)
{
	if (fd >= 0)
		_close(fd);
}

/* at < 0: where it stands. */
static int64_t read_some(int fd, int64_t at, void *ret, size_t n)
{
	OVERLAPPED where = { .Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32) };
	DWORD got = 0;

	if (ReadFile(handle_of(fd), ret, (DWORD)(n < ONCE ? n : ONCE), &got,
		    at < 0 ? NULL : &where))
		return got;
	switch (GetLastError()) {
	case ERROR_HANDLE_EOF:
	case ERROR_BROKEN_PIPE:
		return 0;
	default:
		return errno_windows(GetLastError());
	}
}

int64_t file_read(int fd, void *ret, size_t n)
{
	return read_some(fd, -1, ret, n);
}

int64_t file_read_at(int fd, int64_t at, void *ret, size_t n)
{
	return read_some(fd, at, ret, n);
}

static int write_all(int fd, int64_t at, struct span bytes)
{
	while (bytes.n) {
		OVERLAPPED where = { .Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32) };
		DWORD n = 0;

		if (!WriteFile(handle_of(fd), bytes.p, (DWORD)(bytes.n < ONCE ? bytes.n : ONCE), &n,
			    at < 0 ? NULL : &where))
			return errno_windows(GetLastError());
		if (n == 0) {
			errno = ENOSPC;
			return -1;
		}
		bytes = span_from_offset(bytes, n);
		at += at < 0 ? 0 : n;
	}
	return 0;
}

int file_write(int fd, struct span bytes)
{
	return write_all(fd, -1, bytes);
}

int file_write_at(int fd, int64_t at, struct span bytes)
{
	return write_all(fd, at, bytes);
}

int file_sync(int fd)
{
	return FlushFileBuffers(handle_of(fd)) ? 0 : errno_windows(GetLastError());
}

int64_t file_size(int fd)
{
	LARGE_INTEGER size;

	return GetFileSizeEx(handle_of(fd), &size) ? size.QuadPart : errno_windows(GetLastError());
}

int file_cut(int fd, int64_t size)
{
	LARGE_INTEGER end = { .QuadPart = size };
	HANDLE h = handle_of(fd);

	return SetFilePointerEx(h, end, NULL, FILE_BEGIN) && SetEndOfFile(h)
		       ? 0
		       : errno_windows(GetLastError());
}

bool file_same(int a, int b)
{
	BY_HANDLE_FILE_INFORMATION x, y;

	return GetFileInformationByHandle(handle_of(a), &x) &&
	       GetFileInformationByHandle(handle_of(b), &y) &&
	       x.dwVolumeSerialNumber == y.dwVolumeSerialNumber &&
	       x.nFileIndexHigh == y.nFileIndexHigh && x.nFileIndexLow == y.nFileIndexLow;
}

/* In place of what others have open: they keep the old file (NTFS of Windows 10 1607). */
static bool rename_over(const wchar_t *from, const wchar_t *to)
{
	const DWORD at_once = 1 | 2; /* REPLACE_IF_EXISTS, POSIX_SEMANTICS */
	const int how = 22;          /* FileRenameInfoEx */
	size_t n = wcslen(to) * sizeof *to;
	FILE_RENAME_INFO *x = mem_new(sizeof *x + n);
	HANDLE h = CreateFileW(from, DELETE | SYNCHRONIZE, SHARE_ALL, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH,
		NULL);
	bool done = false;

	memcpy(x, &at_once, sizeof at_once); /* where others have ReplaceIfExists */
	x->FileNameLength = (DWORD)n;
	memcpy(x->FileName, to, n);
	if (h != INVALID_HANDLE_VALUE) {
		done = SetFileInformationByHandle(h, (FILE_INFO_BY_HANDLE_CLASS)how, x,
			(DWORD)(sizeof *x + n));
		CloseHandle(h);
	}
	free(x);
	return done;
}

/* What looks for viruses opens what was just written, and lets go of it in a moment. */
int file_rename(const char *from, const char *to)
{
	AUTO_FREE(arena) a = arena_new();
	const wchar_t *x = wide_path(a, span_of(from)), *y = wide_path(a, span_of(to));

	for (unsigned i = 0;; i++) {
		DWORD code;

		if (MoveFileExW(x, y, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
			return 0;
		code = GetLastError();
		if (code != ERROR_ACCESS_DENIED && code != ERROR_SHARING_VIOLATION)
			return errno_windows(code);
		if (rename_over(x, y))
			return 0;
		if (i == RENAME_TRIES)
			return errno_windows(code);
		Sleep(RENAME_WAIT_MS);
	}
}

int file_remove(const char *path)
{
	AUTO_FREE(arena) a = arena_new();

	return DeleteFileW(wide_path(a, span_of(path))) ? 0 : errno_windows(GetLastError());
}

/* file_rename has seen to it. */
int file_sync_folder(const char *path)
{
	(void)path;
	return 0;
}

int file_make_folder(const char *path)
{
	AUTO_FREE(arena) a = arena_new();
	struct err e;
	void *security = guarded_attributes(a, &e);

	if (!security) {
		errno = EACCES;
		return -1;
	}
	return CreateDirectoryW(wide_path(a, span_of(path)), security)
		       ? 0
		       : errno_windows(GetLastError());
}

int file_remove_folder(const char *path)
{
	AUTO_FREE(arena) a = arena_new();

	return RemoveDirectoryW(wide_path(a, span_of(path))) ? 0 : errno_windows(GetLastError());
}

struct folder {
	HANDLE find;
	WIN32_FIND_DATAW data;
	bool first;
};

struct folder *folder_open(const char *path)
{
	AUTO_FREE(arena) a = arena_new();
	struct folder *f = mem_new(sizeof *f);

	f->find = FindFirstFileExW(wide_path(a, span_of(file_join(a, path, "*"))), FindExInfoBasic,
		&f->data, FindExSearchNameMatch, NULL, FIND_FIRST_EX_LARGE_FETCH);
	f->first = true;
	if (f->find != INVALID_HANDLE_VALUE)
		return f;
	(void)errno_windows(GetLastError());
	free(f);
	return NULL;
}

int folder_next(struct folder *f, struct arena *a, const char **ret)
{
	do {
		if (!f->first && !FindNextFileW(f->find, &f->data))
			return GetLastError() == ERROR_NO_MORE_FILES
				       ? 0
				       : errno_windows(GetLastError());
		f->first = false;
	} while (wcscmp(f->data.cFileName, L".") == 0 || wcscmp(f->data.cFileName, L"..") == 0);
	*ret = arena_text(a, wide_to_span_z(a, f->data.cFileName));
	return 1;
}

void folder_close(struct folder *f)
{
	if (!f)
		return;
	FindClose(f->find);
	free(f);
}

const char *file_join(struct arena *a, const char *folder, const char *name)
{
	size_t n = strlen(folder);
	bool ends = n && (folder[n - 1] == '/' || folder[n - 1] == '\\');

	return arena_format(a, "%s%s%s", folder, ends ? "" : "\\", name);
}

/* Without the prefix of wide_path, which is for the functions, not for people. */
static const char *shown(struct arena *a, const wchar_t *w)
{
	if (wcsncmp(w, L"\\\\?\\UNC\\", 8) == 0)
		return arena_format(a, "\\\\%s", arena_text(a, wide_to_span_z(a, w + 8)));
	return arena_text(a, wide_to_span_z(a, wcsncmp(w, L"\\\\?\\", 4) == 0 ? w + 4 : w));
}

const char *file_here(struct arena *a)
{
	return shown(a, wide_path(a, span_of(".")));
}

const char *file_real(struct arena *a, const char *path)
{
	HANDLE h = open_handle(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS, NULL);
	wchar_t *w;
	DWORD n;

	if (h == INVALID_HANDLE_VALUE) {
		(void)errno_windows(GetLastError());
		return NULL;
	}
	n = GetFinalPathNameByHandleW(h, NULL, 0, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
	w = arena_get(a, ((size_t)n + 2) * sizeof *w);
	if (n == 0 ||
		GetFinalPathNameByHandleW(h, w, n + 1, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS) == 0)
		w = wide_path(a, span_of(path)); /* a volume without a letter */
	CloseHandle(h);
	return shown(a, w);
}
