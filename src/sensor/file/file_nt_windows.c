#include "sensor/file/file_nt_windows.h"

#include <stddef.h>
#include <winioctl.h>

#include "core/arena.h"
#include "os/windows/wide.h"

#define NAME_UNITS_MAX 0x7ffe
#define STREAMS_MAX ((size_t)1 << 20)
#define REPARSE_ROOM 0x4000               /* MAXIMUM_REPARSE_DATA_BUFFER_SIZE */
#define EPOCH INT64_C(116444736000000000) /* 1970 in units of 100 ns since 1601 */

#define GONE ((NTSTATUS)0xc0000034)           /* OBJECT_NAME_NOT_FOUND */
#define PATH_GONE ((NTSTATUS)0xc000003a)      /* OBJECT_PATH_NOT_FOUND */
#define NO_SUCH ((NTSTATUS)0xc000000f)        /* NO_SUCH_FILE */
#define NO_MORE ((NTSTATUS)0x80000006)        /* NO_MORE_FILES */
#define DELETE_PENDING ((NTSTATUS)0xc0000056) /* and DELETED */
#define DELETED ((NTSTATUS)0xc0000123)
#define NOT_FOLDER ((NTSTATUS)0xc0000103) /* NOT_A_DIRECTORY */
#define SHARING ((NTSTATUS)0xc0000043)    /* SHARING_VIOLATION */
#define LOCKED ((NTSTATUS)0xc0000054)     /* FILE_LOCK_CONFLICT */
#define CANCELLED ((NTSTATUS)0xc0000120)  /* and IO_TIMEOUT */
#define IO_TIMED_OUT ((NTSTATUS)0xc00000b5)
#define OVERFLOW ((NTSTATUS)0x80000005)   /* BUFFER_OVERFLOW: what fits was delivered */
#define TOO_SMALL ((NTSTATUS)0xc0000023)  /* BUFFER_TOO_SMALL */
#define BAD_FORMAT ((NTSTATUS)0xc0000144) /* what a driver answered makes no sense */

/* Not in winternl.h. */
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID,
	PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS, BOOLEAN, PUNICODE_STRING, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
	ULONG, PULONG);

/* ---- what went wrong ---- */

unsigned long nt_code(NTSTATUS status)
{
	return RtlNtStatusToDosError(status);
}

bool nt_is_missing(NTSTATUS s)
{
	return s == GONE || s == PATH_GONE || s == NO_SUCH || s == DELETE_PENDING || s == DELETED ||
	       s == NOT_FOLDER;
}

bool nt_is_locked(NTSTATUS s)
{
	return s == SHARING || s == LOCKED;
}

bool nt_is_cancelled(NTSTATUS s)
{
	return s == CANCELLED || s == IO_TIMED_OUT;
}

/* ---- opening ---- */

static UNICODE_STRING counted(const wchar_t *name, size_t n)
{
	return (UNICODE_STRING){ (USHORT)(n * sizeof *name), (USHORT)(n * sizeof *name),
		(wchar_t *)(uintptr_t)name };
}

static HANDLE open_it(HANDLE folder, UNICODE_STRING text, ACCESS_MASK access, ULONG options,
	NTSTATUS *ret_status)
{
	OBJECT_ATTRIBUTES what = { .Length = sizeof what,
		.RootDirectory = folder,
		.ObjectName = &text };
	IO_STATUS_BLOCK io;
	HANDLE h = NULL;

	*ret_status = NtCreateFile(&h, access | SYNCHRONIZE, &what, &io, NULL, 0,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
		options | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_NO_RECALL |
			FILE_SYNCHRONOUS_IO_NONALERT,
		NULL, 0);
	return NT_SUCCESS(*ret_status) ? h : NULL;
}

HANDLE nt_open(HANDLE folder, const wchar_t *name, size_t n, ACCESS_MASK access, ULONG options,
	NTSTATUS *ret_status)
{
	if (n > NAME_UNITS_MAX) {
		*ret_status = GONE;
		return NULL;
	}
	return open_it(folder, counted(name, n), access, options | FILE_OPEN_REPARSE_POINT,
		ret_status);
}

HANDLE nt_open_folder(struct span path, bool through, NTSTATUS *ret_status)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) text = BUF_INIT((size_t)1 << 20);
	ACCESS_MASK access = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES;
	wchar_t *w;
	size_t n;

	buf_add_span(&text, path);
	if (path.n == 2 && path.p[1] == ':')
		buf_add_char(&text, '\\'); /* "C:" alone would be a drive's working folder */
	w = wide_path(a, buf_span(&text));
	w[1] = '?'; /* "\\?\" to Win32 is "\??\" to the kernel */
	n = wcslen(w);
	if (n > NAME_UNITS_MAX) {
		*ret_status = GONE;
		return NULL;
	}
	return open_it(NULL, counted(w, n), access,
		FILE_DIRECTORY_FILE | (through ? 0 : FILE_OPEN_REPARSE_POINT), ret_status);
}

/* ---- questions ---- */

static int64_t ns_of(LARGE_INTEGER t)
{
	int64_t ticks = t.QuadPart - EPOCH;

	if (ticks > INT64_MAX / 100)
		return INT64_MAX;
	return ticks < INT64_MIN / 100 ? INT64_MIN : ticks * 100;
}

/* All ones: the file system's numbers do not fit (ReFS). */
static uint64_t id_of(LARGE_INTEGER id)
{
	return id.QuadPart == -1 ? 0 : (uint64_t)id.QuadPart;
}

NTSTATUS nt_facts(HANDLE h, struct nt_facts *ret)
{
	struct {
		FILE_ALL_INFORMATION all;
		wchar_t name[64];
	} x = { 0 };
	IO_STATUS_BLOCK io;
	NTSTATUS s = NtQueryInformationFile(h, &io, &x, sizeof x, FileAllInformation);

	if (!NT_SUCCESS(s) && s != OVERFLOW) /* the name need not fit */
		return s;
	*ret = (struct nt_facts){
		.attributes = x.all.BasicInformation.FileAttributes,
		.nlink = x.all.StandardInformation.NumberOfLinks,
		.size = (uint64_t)x.all.StandardInformation.EndOfFile.QuadPart,
		.id = id_of(x.all.InternalInformation.IndexNumber),
		.created = ns_of(x.all.BasicInformation.CreationTime),
		.written = ns_of(x.all.BasicInformation.LastWriteTime),
		.changed = ns_of(x.all.BasicInformation.ChangeTime),
		.folder = x.all.StandardInformation.Directory != 0,
	};
	return 0;
}

uint32_t nt_serial(HANDLE h)
{
	BY_HANDLE_FILE_INFORMATION x;

	return GetFileInformationByHandle(h, &x) ? x.dwVolumeSerialNumber : 0;
}

bool nt_has_streams(HANDLE h)
{
	DWORD flags = 0;

	return GetVolumeInformationByHandleW(h, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
	       (flags & FILE_NAMED_STREAMS) != 0;
}

uint32_t nt_tag(HANDLE h)
{
	FILE_ATTRIBUTE_TAG_INFO x;

	if (!GetFileInformationByHandleEx(h, FileAttributeTagInfo, &x, sizeof x))
		return 0;
	return x.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? x.ReparseTag : 0;
}

NTSTATUS nt_streams(HANDLE h, struct buf *ret)
{
	NTSTATUS s;

	for (size_t room = 4096;; room *= 4) {
		IO_STATUS_BLOCK io = { 0 };
		char *p = buf_room(ret, room);

		if (!p || room > STREAMS_MAX)
			return TOO_SMALL;
		s = NtQueryInformationFile(h, &io, p, (ULONG)room, FileStreamInformation);
		if (s == OVERFLOW || s == TOO_SMALL)
			continue;
		if (NT_SUCCESS(s))
			ret->n += io.Information;
		return s;
	}
}

NTSTATUS nt_reparse(HANDLE h, struct buf *ret)
{
	IO_STATUS_BLOCK io = { 0 };
	char *p = buf_room(ret, REPARSE_ROOM);
	NTSTATUS s;

	if (!p)
		return TOO_SMALL;
	s = NtFsControlFile(h, NULL, NULL, NULL, &io, FSCTL_GET_REPARSE_POINT, NULL, 0, p,
		REPARSE_ROOM);
	if (NT_SUCCESS(s))
		ret->n += io.Information;
	return s;
}

NTSTATUS nt_descriptor(HANDLE h, SECURITY_INFORMATION what, struct buf *ret)
{
	ULONG room = 1024;

	for (unsigned tries = 0; tries < 4; tries++) {
		char *p = buf_room(ret, room);
		ULONG need = 0;
		NTSTATUS s = p ? NtQuerySecurityObject(h, what, p, room, &need) : TOO_SMALL;

		if (NT_SUCCESS(s))
			ret->n += GetSecurityDescriptorLength(p);
		if (s != TOO_SMALL || need <= room)
			return s;
		room = need;
	}
	return TOO_SMALL;
}

/* ---- listing ---- */

static NTSTATUS fill(struct nt_listing *l)
{
	UNICODE_STRING only = counted(l->only, l->only ? wcslen(l->only) : 0);
	IO_STATUS_BLOCK io = { 0 };
	NTSTATUS s =
		NtQueryDirectoryFile(l->folder, NULL, NULL, NULL, &io, l->buffer, (ULONG)l->size,
			FileIdBothDirectoryInformation, FALSE, l->only ? &only : NULL, !l->begun);

	l->begun = true;
	l->at = 0;
	l->filled = NT_SUCCESS(s) ? io.Information : 0;
	l->have = l->filled > 0;
	return s;
}

bool nt_next(struct nt_listing *l, struct nt_entry *ret, NTSTATUS *ret_status)
{
	const FILE_ID_BOTH_DIR_INFORMATION *d;
	size_t head = offsetof(FILE_ID_BOTH_DIR_INFORMATION, FileName);

	if (!l->have) {
		NTSTATUS s = fill(l);

		*ret_status = s == NO_MORE || s == NO_SUCH || s == GONE ? 0 : s;
		if (!l->have)
			return false;
	}
	d = (const void *)(l->buffer + l->at);
	if (l->filled - l->at < head || d->FileNameLength > l->filled - l->at - head) {
		*ret_status = BAD_FORMAT;
		return false;
	}
	*ret = (struct nt_entry){
		.name = d->FileName,
		.n = d->FileNameLength / sizeof(wchar_t),
		.attributes = d->FileAttributes,
		.tag = d->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? d->EaSize : 0,
		.id = id_of(d->FileId),
		.size = (uint64_t)d->EndOfFile.QuadPart,
		.created = ns_of(d->CreationTime),
		.written = ns_of(d->LastWriteTime),
		.changed = ns_of(d->ChangeTime),
	};
	l->have = d->NextEntryOffset != 0 && d->NextEntryOffset < l->filled - l->at;
	l->at += d->NextEntryOffset;
	return true;
}
