/* Nothing is read over the network: whoever writes a path of another host into a service would be
 * shown our account there, or keep us waiting. */
#include <windows.h>

#include "host/digests.h"
#include "host/windows/state.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define YOUNG_100NS INT64_C(20000000) /* a time stamp may be as coarse as two seconds */
#define NOT_HERE \
	(FILE_ATTRIBUTE_OFFLINE | 0x00040000u | 0x00400000u) /* RECALL_ON_OPEN, _DATA_ACCESS */

static int read_next(void *ctx, void *block, size_t size, size_t *ret, struct err *e)
{
	DWORD n = 0;

	if (!ReadFile(ctx, block, (DWORD)size, &n, NULL))
		return err_windows(e, GetLastError(), "cannot read a program");
	*ret = n;
	return 0;
}

static uint64_t joined(DWORD high, DWORD low)
{
	return (uint64_t)high << 32 | low;
}

static int64_t ticks(FILETIME t)
{
	return (int64_t)joined(t.dwHighDateTime, t.dwLowDateTime);
}

static int look(HANDLE f, struct file_stamp *ret, struct err *e)
{
	BY_HANDLE_FILE_INFORMATION x;
	FILE_BASIC_INFO times = { 0 };
	FILETIME now;

	if (GetFileType(f) != FILE_TYPE_DISK || !GetFileInformationByHandle(f, &x) ||
		(x.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
		return err_set(e, ERR_FORMAT, "not a regular file");
	if (x.dwFileAttributes & NOT_HERE)
		return err_set(e, ERR_LIMIT, "its content is kept elsewhere, and not fetched");
	/* whoever writes can set the time of it back, but for the change time only with effort */
	if (!GetFileInformationByHandleEx(f, FileBasicInfo, &times, sizeof times))
		times.ChangeTime.QuadPart = 0;
	*ret = (struct file_stamp){ .file = joined(x.nFileIndexHigh, x.nFileIndexLow),
		.device = x.dwVolumeSerialNumber,
		.size = joined(x.nFileSizeHigh, x.nFileSizeLow),
		.mtime = ticks(x.ftLastWriteTime),
		.ctime = times.ChangeTime.QuadPart };
	GetSystemTimeAsFileTime(&now);
	ret->young = ticks(now) - (ret->ctime > ret->mtime ? ret->ctime : ret->mtime) < YOUNG_100NS;
	return 0;
}

bool path_is_remote(struct span path)
{
	wchar_t root[] = L"X:\\";

	if (path.n > 1 && (path.p[0] == '\\' || path.p[0] == '/') &&
		(path.p[1] == '\\' || path.p[1] == '/'))
		return true;
	if (path.n < 2 || path.p[1] != ':')
		return false;
	root[0] = (wchar_t)(unsigned char)path.p[0];
	return GetDriveTypeW(root) == DRIVE_REMOTE;
}

int host_digest(struct host *h, const char *path, uint8_t ret[SHA256_SIZE], struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct file_stamp of;
	HANDLE f;
	int rc;

	if (path_is_remote(span_of(path)))
		return err_set(e, ERR_LIMIT, "'%s' is on another host, and not read", path);
	f = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_OPEN_NO_RECALL, NULL);
	if (f == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%s'", path);
	rc = look(f, &of, e);
	if (rc == 0)
		rc = digests_get(h, &of, read_next, f, ret, e);
	CloseHandle(f);
	return rc < 0 ? err_prefix(e, "'%s': ", path) : 0;
}
