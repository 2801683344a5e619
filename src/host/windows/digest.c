/* Digests of programs, each file read once a scan; the next one takes over those whose files have
 * kept their size and time. Nothing is read over the network: whoever writes a path of another host
 * into a service would be shown our account there, or keep us waiting. */
#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "host/state.h"
#include "host/windows/state.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define READ_BYTES ((DWORD)128 << 10)
#define DIGEST_MAX ((uint64_t)512 << 20)
#define SLOTS_FIRST 256
#define KEPT_MAX 4096
#define YOUNG_100NS UINT64_C(20000000) /* a time stamp may be as coarse as two seconds */
#define NOT_HERE \
	(FILE_ATTRIBUTE_OFFLINE | 0x00040000u | 0x00400000u) /* RECALL_ON_OPEN, _DATA_ACCESS */

struct digest {
	uint64_t file; /* its number on the volume; 0: a free slot */
	uint32_t volume;
	uint64_t size, mtime, ctime;
	unsigned round; /* of scans it may be believed in; 0: any */
	uint8_t sha256[SHA256_SIZE];
};

/* Open addressing; at most half full. */
struct digests {
	struct digest *slot;
	size_t n, cap;
	unsigned round;
	struct sha256_set sha;
	char block[READ_BYTES];
};

void host_digests_free(struct digests *d)
{
	if (!d)
		return;
	free(d->slot);
	free(d);
}

void host_digests_renew(struct host *h)
{
	if (h->digests && ++h->digests->round && h->digests->n < KEPT_MAX)
		return;
	host_digests_free(h->digests);
	h->digests = NULL;
}

static struct digests *digests_of(struct host *h)
{
	if (!h->digests) {
		h->digests = mem_new(sizeof *h->digests);
		sha256_set_init(&h->digests->sha);
		h->digests->round = 1;
	}
	return h->digests;
}

static struct digest *find(struct digests *d, uint32_t volume, uint64_t file)
{
	size_t at = (size_t)((file * UINT64_C(0x9e3779b97f4a7c15)) ^ volume) & (d->cap - 1);

	while (d->slot[at].file && (d->slot[at].volume != volume || d->slot[at].file != file))
		at = (at + 1) & (d->cap - 1);
	return &d->slot[at];
}

static void grow(struct digests *d)
{
	struct digests old = { .slot = d->slot, .cap = d->cap };

	if (d->n * 2 < d->cap)
		return;
	d->cap = d->cap ? d->cap * 2 : SLOTS_FIRST;
	d->slot = mem_array(d->cap, sizeof *d->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].file)
			*find(d, old.slot[i].volume, old.slot[i].file) = old.slot[i];
	free(old.slot);
}

static void feed(struct sha256_set *s, const void *p, size_t n, bool last)
{
	sha256_feed(s, 0, p, n, last);
	while (sha256_busy(s, 0))
		sha256_run(s);
}

static int read_digest(struct digests *d, HANDLE f, struct digest *ret, struct err *e)
{
	uint64_t total = 0;
	DWORD n;

	sha256_start(&d->sha, 0);
	for (;;) {
		if (!ReadFile(f, d->block, READ_BYTES, &n, NULL))
			return err_windows(e, GetLastError(), "cannot read a program");
		if (n == 0)
			break;
		total += n;
		if (total > DIGEST_MAX)
			return err_set(e, ERR_LIMIT, "a program of more than 512 MiB is not read");
		feed(&d->sha, d->block, n, false);
	}
	feed(&d->sha, NULL, 0, true);
	sha256_digest(&d->sha, 0, ret->sha256);
	return 0;
}

static uint64_t joined(DWORD high, DWORD low)
{
	return (uint64_t)high << 32 | low;
}

static int look(HANDLE f, struct digest *ret, struct err *e)
{
	BY_HANDLE_FILE_INFORMATION x;
	FILE_BASIC_INFO times = { 0 };

	if (GetFileType(f) != FILE_TYPE_DISK || !GetFileInformationByHandle(f, &x) ||
		(x.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
		return err_set(e, ERR_FORMAT, "not a regular file");
	if (x.dwFileAttributes & NOT_HERE)
		return err_set(e, ERR_LIMIT, "its content is kept elsewhere, and not fetched");
	/* whoever writes can set the time of it back, but for the change time only with effort */
	if (!GetFileInformationByHandleEx(f, FileBasicInfo, &times, sizeof times))
		times.ChangeTime.QuadPart = 0;
	*ret = (struct digest){ .file = joined(x.nFileIndexHigh, x.nFileIndexLow),
		.volume = x.dwVolumeSerialNumber,
		.size = joined(x.nFileSizeHigh, x.nFileSizeLow),
		.mtime = joined(x.ftLastWriteTime.dwHighDateTime, x.ftLastWriteTime.dwLowDateTime),
		.ctime = (uint64_t)times.ChangeTime.QuadPart };
	return 0;
}

static int digest_of(struct host *h, HANDLE f, uint8_t ret[SHA256_SIZE], struct err *e)
{
	struct digests *d = digests_of(h);
	struct digest x, *slot;
	FILETIME now;

	if (look(f, &x, e) < 0)
		return e->code;
	GetSystemTimeAsFileTime(&now);
	if (joined(now.dwHighDateTime, now.dwLowDateTime) -
			(x.ctime > x.mtime ? x.ctime : x.mtime) <
		YOUNG_100NS)
		x.round = d->round;
	grow(d);
	slot = find(d, x.volume, x.file);
	if (!slot->file || slot->size != x.size || slot->mtime != x.mtime ||
		slot->ctime != x.ctime || (slot->round && slot->round != d->round)) {
		if (read_digest(d, f, &x, e) < 0)
			return e->code;
		if (x.file)
			d->n += slot->file == 0;
		*slot = x;
	}
	memcpy(ret, slot->sha256, SHA256_SIZE);
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
	HANDLE f;
	int rc;

	if (path_is_remote(span_of(path)))
		return err_set(e, ERR_LIMIT, "'%s' is on another host, and not read", path);
	f = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_SEQUENTIAL_SCAN, NULL);
	if (f == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%s'", path);
	rc = digest_of(h, f, ret, e);
	CloseHandle(f);
	return rc < 0 ? err_prefix(e, "'%s': ", path) : 0;
}
