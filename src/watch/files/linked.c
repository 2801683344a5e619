#include "watch/files/linked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"
#include "watch/files/fan_event.h"

#define BUCKETS 8192
#define TEXT_MAX ((size_t)2 << 20)

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

static bool is_short_of(const struct linked *l, uint32_t of_8)
{
	return l->n >= LINKED_MAX / 8 * of_8 || l->text.n >= TEXT_MAX / 8 * of_8;
}

/* Is it the file of this row, or may it be? */
static bool is_there(const struct linked_row *row, const char *path)
{
	char handle[FAN_HANDLE_MAX];
	size_t n;

	if (handle_by_name(path, handle, &n))
		return hash_of(span_from(handle, n)) == row->hash;
	return errno != ENOENT && errno != ENOTDIR;
}

/* Names that are gone, or another file's by now, need no place. Where that does not help, there are
 * too many, and it is not tried again. */
static void make_room(struct linked *l)
{
	struct linked old = *l;

	if (old.full || !is_short_of(&old, 7))
		return;
	*l = (struct linked){ .bucket = mem_array(BUCKETS, sizeof *l->bucket),
		.text = BUF_INIT(TEXT_MAX) };
	for (uint32_t i = 0; i < old.n; i++) {
		const char *path = old.text.p + old.row[i].path;

		if (is_there(&old.row[i], path))
			(void)add_row(l, old.row[i].hash, span_of(path));
	}
	l->full = is_short_of(l, 6);
	linked_clear(&old);
}

int linked_add(struct linked *l, struct span path)
{
	char handle[FAN_HANDLE_MAX];
	uint64_t hash;
	size_t n;
	char *text = mem_copy(path.p, path.n);

	if (memchr(path.p, '\0', path.n) || !handle_by_name(text, handle, &n)) {
		int sys = errno;

		free(text);
		return sys == ENOENT || sys == ENOTDIR ? 0 : sys;
	}
	free(text);
	hash = hash_of(span_from(handle, n));
	if (!l->bucket)
		l->bucket = mem_array(BUCKETS, sizeof *l->bucket);
	if (has(l, hash, path))
		return 0;
	make_room(l);
	return add_row(l, hash, path) ? 0 : ERANGE;
}

void linked_moved(struct linked *l, struct span from, struct span to)
{
	make_room(l);
	for (uint32_t i = 0, n = l->n; i < n; i++) {
		struct span path = span_of(l->text.p + l->row[i].path), rest;

		if (path.n < from.n || memcmp(path.p, from.p, from.n) != 0 ||
			(path.n > from.n && path.p[from.n] != '/'))
			continue;
		rest = span_from_offset(path, from.n);
		/* the text may move as it grows */
		AUTO(buf) whole = BUF_INIT(TEXT_MAX);
		buf_add_span(&whole, to);
		buf_add_span(&whole, rest);
		if (!has(l, l->row[i].hash, buf_span(&whole)) &&
			!add_row(l, l->row[i].hash, buf_span(&whole)))
			return;
	}
}

bool linked_find(const struct linked *l, struct span handle, uint32_t *at, struct span *ret)
{
	uint64_t hash;
	uint32_t i;

	if (l->n == 0)
		return false;
	hash = hash_of(handle);
	for (i = *at ? l->row[*at - 1].next : l->bucket[hash % BUCKETS]; i;
		i = l->row[i - 1].next) {
		if (l->row[i - 1].hash != hash)
			continue;
		*at = i;
		*ret = span_of(l->text.p + l->row[i - 1].path);
		return true;
	}
	return false;
}
