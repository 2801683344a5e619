/* A file that grows, one line a record, with older ones beside it: FILE.1 is the one before. It is
 * opened for each batch, so that somebody else may rotate it, too. */
#include "os/file.h"

#include <errno.h>
#include <windows.h>

#include "agent/link/link.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define TAIL ((int64_t)BATCH_BYTES * 8) /* a line that was not ended is not longer */
#define CHUNK 4096

static int move_to(HANDLE h, int64_t at, struct err *e)
{
	return SetFilePointerEx(h, (LARGE_INTEGER){ .QuadPart = at }, NULL, FILE_BEGIN)
		       ? 0
		       : err_windows(e, GetLastError(), "cannot move in the file");
}

static int cut_at(HANDLE h, int64_t at, struct err *e)
{
	if (move_to(h, at, e) < 0)
		return e->code;
	return SetEndOfFile(h) ? 0 : err_windows(e, GetLastError(), "cannot cut the file");
}

/* Behind the last newline of these bytes; 0: there is none. */
static size_t behind_line(const char *bytes, size_t n)
{
	while (n && bytes[n - 1] != '\n')
		n--;
	return n;
}

/* We were killed while writing, and what we wrote then is written again: its last line, of which
 * only the beginning is there, goes. */
static int cut_torn(HANDLE h, int64_t *size, struct err *e)
{
	char bytes[CHUNK];
	int64_t at = *size;

	while (at > 0 && *size - at < TAIL) {
		DWORD n = at < CHUNK ? (DWORD)at : CHUNK, got = 0;
		size_t kept;

		if (move_to(h, at - n, e) < 0)
			return e->code;
		if (!ReadFile(h, bytes, n, &got, NULL) || got != n)
			return err_windows(e, GetLastError(), "cannot read the file's end");
		kept = behind_line(bytes, n);
		at -= (int64_t)(n - kept);
		if (kept)
			break;
	}
	if (at < *size && cut_at(h, at, e) < 0)
		return e->code;
	*size = at;
	return 0;
}

static int check_file(HANDLE h, int64_t *ret_size, struct err *e)
{
	BY_HANDLE_FILE_INFORMATION info;

	if (GetFileType(h) != FILE_TYPE_DISK || !GetFileInformationByHandle(h, &info) ||
		info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT))
		return err_set(e, ERR_SYSTEM, "it is not a regular file");
	*ret_size = (int64_t)((uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow);
	return cut_torn(h, ret_size, e);
}

/* Others may read, rename and remove it, but not write. Never a link's other end. */
static int open_file(const char *path, HANDLE *ret, int64_t *ret_size, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	void *security = guarded_attributes(a, e);
	HANDLE h;

	if (!security)
		return e->code;
	h = CreateFileW(wide_path(a, span_of(path)), GENERIC_READ | GENERIC_WRITE,
		FILE_SHARE_READ | FILE_SHARE_DELETE, security, OPEN_ALWAYS,
		FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%.300s'", path);
	if (check_file(h, ret_size, e) < 0) {
		CloseHandle(h);
		return err_prefix(e, "'%.300s': ", path);
	}
	*ret = h;
	return 0;
}

static int rotate(const struct route *r, struct err *e)
{
	for (uint64_t i = r->rotate_count; i > 0; i--) {
		AUTO_FREE(arena) a = arena_new();
		const char *from =
			i == 1 ? r->path
			       : arena_format(a, "%s.%llu", r->path, (unsigned long long)i - 1);
		const char *to = arena_format(a, "%s.%llu", r->path, (unsigned long long)i);

		if (file_rename(from, to) < 0 && errno != ENOENT)
			return err_sys(e, "cannot rename '%.300s'", from);
	}
	if (r->rotate_count == 0)
		file_remove(r->path);
	return 0;
}

static int write_all(HANDLE h, struct span rest, int64_t size, struct err *e)
{
	struct err other;

	if (move_to(h, size, e) < 0)
		return e->code;
	while (rest.n) {
		DWORD n = 0;

		if (!WriteFile(h, rest.p, (DWORD)rest.n, &n, NULL) || n == 0) {
			(void)err_windows(e, GetLastError(), "cannot write");
			(void)!cut_at(h, size, &other); /* all of it or nothing */
			return e->code;
		}
		rest = span_from_offset(rest, n);
	}
	return FlushFileBuffers(h) ? 0 : err_windows(e, GetLastError(), "cannot sync");
}

/* Messages from number *at on, as many as the file still takes; *at is the first that is left. */
static struct span part(const struct lane *l, int64_t size, size_t *at)
{
	const struct batch *b = &l->batch;
	size_t from = *at ? b->ends[*at - 1] : 0, to = from;

	while (*at < b->n && ((uint64_t)size + b->ends[*at] - from <= l->route->rotate_size ||
				     (size == 0 && to == from))) /* too long alone */
		to = b->ends[(*at)++];
	return span_from(b->text.p + from, to - from);
}

static int write_batch(const struct lane *l, struct err *e)
{
	const char *path = l->route->path;
	size_t at = 0;

	while (at < l->batch.n) {
		struct span now;
		int64_t size;
		HANDLE h;
		int rc;

		if (open_file(path, &h, &size, e) < 0)
			return e->code;
		now = part(l, size, &at);
		rc = now.n ? write_all(h, now, size, e) : 0;
		CloseHandle(h);
		if (rc < 0)
			return err_prefix(e, "'%.300s': ", path);
		if (!now.n && rotate(l->route, e) < 0)
			return e->code;
	}
	return 0;
}

static void send_file(struct lane *l)
{
	struct err e;

	if (write_batch(l, &e) < 0)
		lane_failed(l, "%s", e.text);
	else
		lane_taken(l);
}

static void stop_file(struct lane *l)
{
	(void)l; /* nothing stays open */
}

const struct sink sink_file = { send_file, stop_file };
