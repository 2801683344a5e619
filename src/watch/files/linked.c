#include "watch/files/linked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"
#include "watch/files/fan_event.h"

#define BUCKETS 8192
#define TEXT_MAX ((size_t)2 << 20)
#define GARBAGE_MIN ((size_t)16 << 10)

void linked_clear(struct linked *l)
{
	free(l->row);
	free(l->bucket);
	buf_done(&l->text);
	*l = (struct linked){ .text = BUF_INIT(TEXT_MAX) };
}

static bool handle_by_name(const char *path, char *ret, size_t *ret_n)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	struct statfs fs;
	int mount, fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool ok = fd >= 0 && fstatfs(fd, &fs) == 0 &&
		  name_to_handle_at(fd, "", &u.h, &mount, AT_EMPTY_PATH) == 0;

	int sys = errno;

	if (fd >= 0)
		close(fd);
	errno = sys;
	if (!ok)
		return false;
	memcpy(ret, &fs.f_fsid, 8);
	memcpy(ret + 8, &u.h.handle_bytes, 4);
	memcpy(ret + 12, &u.h.handle_type, 4);
	memcpy(ret + FAN_HANDLE_HEAD, u.h.f_handle, u.h.handle_bytes);
	*ret_n = FAN_HANDLE_HEAD + u.h.handle_bytes;
	return true;
}

static bool has(const struct linked *l, uint64_t hash, struct span path)
{
	for (uint32_t i = l->bucket[hash % BUCKETS]; i; i = l->row[i - 1].next)
		if (l->row[i - 1].hash == hash && span_is(path, l->text.p + l->row[i - 1].path))
			return true;
	return false;
}

static bool add_row(struct linked *l, uint64_t hash, struct span path)
{
	if (l->n == LINKED_MAX || l->text.n + path.n + 1 > TEXT_MAX) {
		l->full = true;
		return false;
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->row = mem_grow(l->row, l->cap, sizeof *l->row);
	}
	l->row[l->n] = (struct linked_row){ hash, (uint32_t)l->text.n, l->bucket[hash % BUCKETS] };
	l->bucket[hash % BUCKETS] = ++l->n;
	buf_add_span(&l->text, path);
	buf_add_char(&l->text, '\0');
	return true;
}

static uint32_t *link_to(struct linked *l, uint32_t i)
{
	uint32_t *at = &l->bucket[l->row[i].hash % BUCKETS];

	while (*at != i + 1)
		at = &l->row[*at - 1].next;
	return at;
}

/* The last row takes its place. */
static void remove_row(struct linked *l, uint32_t i)
{
	uint32_t last = l->n - 1;

	l->garbage += strlen(l->text.p + l->row[i].path) + 1;
	*link_to(l, i) = l->row[i].next;
	if (i != last) {
		*link_to(l, last) = i + 1;
		l->row[i] = l->row[last];
	}
	l->n--;
}

/* Is it the file of this row, or may it be? */
static bool is_there(const struct linked *l, const struct linked_row *row)
{
	char handle[FAN_HANDLE_MAX];
	size_t n;

	if (handle_by_name(l->text.p + row->path, handle, &n))
		return hash_of(span_from(handle, n)) == row->hash;
	return errno != ENOENT && errno != ENOTDIR;
}

static bool is_short_of(const struct linked *l, uint32_t of_8)
{
	return l->n >= LINKED_MAX / 8 * of_8 || l->text.n >= TEXT_MAX / 8 * of_8;
}

static void rebuild(struct linked *l, bool all)
{
	struct linked old = *l;

	*l = (struct linked){ .bucket = mem_array(BUCKETS, sizeof *l->bucket),
		.text = BUF_INIT(TEXT_MAX),
		.full = old.full };
	for (uint32_t i = 0; i < old.n; i++)
		if (all || is_there(&old, &old.row[i]))
			(void)add_row(l, old.row[i].hash, span_of(old.text.p + old.row[i].path));
	linked_clear(&old);
}

/* Names that are gone, or another file's by now, need no place. Where that does not help, there are
 * too many, and it is not tried again. */
static void make_room(struct linked *l)
{
	if (l->garbage >= GARBAGE_MIN && l->garbage > l->text.n / 2)
		rebuild(l, true);
	if (l->full || !is_short_of(l, 7))
		return;
	rebuild(l, false);
	l->full = is_short_of(l, 6);
}

static int keep(struct linked *l, uint64_t hash, struct span path, bool *ret_new)
{
	if (!l->bucket)
		l->bucket = mem_array(BUCKETS, sizeof *l->bucket);
	*ret_new = !has(l, hash, path);
	if (!*ret_new)
		return 0;
	make_room(l);
	*ret_new = add_row(l, hash, path);
	return *ret_new ? 0 : ERANGE;
}

int linked_add(struct linked *l, struct span path, bool *ret_new)
{
	char handle[FAN_HANDLE_MAX];
	size_t n;
	char *text = mem_copy(path.p, path.n);
	bool ok = !memchr(path.p, '\0', path.n) && handle_by_name(text, handle, &n);
	int sys = errno;

	free(text);
	*ret_new = false;
	if (!ok)
		return sys == ENOENT || sys == ENOTDIR ? 0 : sys;
	return keep(l, hash_of(span_from(handle, n)), path, ret_new);
}

int linked_add_as(struct linked *l, struct span handle, struct span path)
{
	bool is_new;

	return keep(l, hash_of(handle), path, &is_new);
}

/* The next row behind *at (0 at first) of this handle, or, when that is empty, of any. */
static bool next_row(const struct linked *l, struct span handle, uint64_t hash, uint32_t *at)
{
	uint32_t i = *at;

	if (handle.n == 0)
		return ++*at <= l->n;
	for (i = i ? l->row[i - 1].next : l->bucket[hash % BUCKETS]; i; i = l->row[i - 1].next)
		if (l->row[i - 1].hash == hash) {
			*at = i;
			return true;
		}
	return false;
}

static bool is_at_or_below(struct span path, struct span folder)
{
	return span_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

void linked_moved(struct linked *l, struct span handle, struct span from, struct span to)
{
	uint64_t hash = hash_of(handle);
	uint32_t at = 0, n;

	if (l->n == 0)
		return;
	make_room(l);
	n = l->n; /* what is added comes behind it, or in front of the rows of its handle */
	while (next_row(l, handle, hash, &at) && at <= n) {
		struct span path = span_of(l->text.p + l->row[at - 1].path);
		AUTO(buf) whole = BUF_INIT(TEXT_MAX); /* the text may move as it grows */

		if (!is_at_or_below(path, from))
			continue;
		buf_add_span(&whole, to);
		buf_add_span(&whole, span_from_offset(path, from.n));
		if (!has(l, l->row[at - 1].hash, buf_span(&whole)) &&
			!add_row(l, l->row[at - 1].hash, buf_span(&whole)))
			return;
	}
}

static void file_left(struct linked *l, struct span handle, struct span path)
{
	uint64_t hash = hash_of(handle);

	for (uint32_t at = 0; next_row(l, handle, hash, &at);) {
		const struct linked_row *row = &l->row[at - 1];

		if (!span_is(path, l->text.p + row->path))
			continue;
		if (!is_there(l, row))
			remove_row(l, at - 1);
		return;
	}
}

void linked_left(struct linked *l, struct span handle, struct span path)
{
	char *folder;
	bool gone;

	if (l->n == 0)
		return;
	if (handle.n) {
		file_left(l, handle, path);
		return;
	}
	/* A look at each of many would take long; what came instead is told apart when room is
	 * needed. */
	folder = mem_copy(path.p, path.n);
	gone = access(folder, F_OK) < 0 && errno == ENOENT;
	free(folder);
	if (!gone)
		return;
	for (uint32_t i = l->n; i > 0; i--) /* the row that takes its place was seen */
		if (is_at_or_below(span_of(l->text.p + l->row[i - 1].path), path))
			remove_row(l, i - 1);
}

bool linked_find(const struct linked *l, struct span handle, uint32_t *at, struct span *ret)
{
	if (l->n == 0 || !next_row(l, handle, hash_of(handle), at))
		return false;
	*ret = span_of(l->text.p + l->row[*at - 1].path);
	return true;
}
