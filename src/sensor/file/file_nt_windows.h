/* Files of Windows by the native calls: names are counted and relative to a folder that is held
 * open, so nothing trims, limits or redirects them, whatever is changed on the way there. */
#ifndef SENSOR_FILE_FILE_NT_WINDOWS_H
#define SENSOR_FILE_FILE_NT_WINDOWS_H

#include <windows.h>
#include <winternl.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/* What one question to an open handle tells. Times are ns since 1970. */
struct nt_facts {
	uint32_t attributes, nlink;
	uint64_t size, id; /* id 0: the file system has none */
	int64_t created, written, changed;
	bool folder;
};

/* A file in `folder` (NULL: name is a whole path, "\\?\C:\x"), the case as given, no reparse point
 * followed, with whatever this process may (backup rights). shared to all. NULL and *ret_status. */
HANDLE nt_open(HANDLE folder, const wchar_t *name, size_t n, ACCESS_MASK access, ULONG options,
	NTSTATUS *ret_status);
/* A folder, to be listed, by its absolute path in our text; links before the last section are
 * followed, that of the last one when `through`. */
HANDLE nt_open_folder(struct span path, bool through, NTSTATUS *ret_status);

NTSTATUS nt_facts(HANDLE h, struct nt_facts *ret);
uint32_t nt_serial(HANDLE h);  /* of the volume; 0: it has none */
bool nt_has_streams(HANDLE h); /* the volume's own word for it */
uint32_t nt_tag(HANDLE h);     /* of a reparse point; 0: none */
/* FILE_STREAM_INFORMATION, REPARSE_DATA_BUFFER, a self-relative descriptor: appended. */
NTSTATUS nt_streams(HANDLE h, struct buf *ret);
NTSTATUS nt_reparse(HANDLE h, struct buf *ret);
NTSTATUS nt_descriptor(HANDLE h, SECURITY_INFORMATION what, struct buf *ret);

/* One entry of a folder's listing. */
struct nt_entry {
	const wchar_t *name;
	size_t n; /* units */
	uint32_t attributes, tag;
	uint64_t id, size;
	int64_t created, written, changed;
};

/* A listing in progress; zeroed but for buffer (8-byte aligned) and size. */
struct nt_listing {
	HANDLE folder;
	char *buffer;
	size_t size;
	size_t at, filled;
	bool begun, have;
	const wchar_t *only; /* this name alone, any case; NULL: all */
};

/* The next entry, or false: *ret_status 0 at the end, else what went wrong. */
bool nt_next(struct nt_listing *l, struct nt_entry *ret, NTSTATUS *ret_status);

/* The code of GetLastError that it is. */
unsigned long nt_code(NTSTATUS status);
bool nt_is_missing(NTSTATUS status);   /* there is no such file, or not any more */
bool nt_is_locked(NTSTATUS status);    /* others have it, and let nobody else */
bool nt_is_cancelled(NTSTATUS status); /* by our own deadline */

#endif
