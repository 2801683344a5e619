#include "watch/files/folder_cache.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/random.h"

#define FOLDERS_MAX 8192
#define BUCKETS 8192
#define BYTES_MAX ((size_t)2 << 20)
#define SCOPE_BYTES 256 /* about, where it is not shared */

static struct span handle_of(const struct folder *f)
{
	return span_from(f->handle_n <= FOLDER_INLINE ? f->handle : f->long_handle, f->handle_n);
}

/* Inode numbers are chosen by whoever makes files: the seed keeps chains short all the same. */
static uint32_t hash_of(const struct folder_cache *c, struct span s)
{
	uint64_t h = c->seed ^ s.n, piece;
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		memcpy(&piece, s.p + i, 8);
		h = (h ^ piece) * UINT64_C(0x9E3779B97F4A7C15);
		h ^= h >> 29;
	}
	if (i < s.n) {
		piece = 0;
		memcpy(&piece, s.p + i, s.n - i);
		h = (h ^ piece) * UINT64_C(0x9E3779B97F4A7C15);
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

void folder_cache_init(struct folder_cache *c, const struct selector *s)
{
	struct err e;

	*c = (struct folder_cache){ .selector = s };
	if (random_bytes(&c->seed, sizeof c->seed, &e) < 0)
		c->seed = (uint64_t)(uintptr_t)c; /* then so be it: chains may be long */
	c->bucket = mem_array(BUCKETS, sizeof *c->bucket);
}

static void unlink_age(struct folder_cache *c, struct folder *f)
{
	if (f->newer)
		c->folder[f->newer - 1].older = f->older;
	else
		c->newest = f->older;
	if (f->older)
		c->folder[f->older - 1].newer = f->newer;
	else
		c->oldest = f->newer;
}

static void make_newest(struct folder_cache *c, struct folder *f)
{
	uint32_t i = (uint32_t)(f - c->folder) + 1;

	f->newer = 0;
	f->older = c->newest;
	if (c->newest)
		c->folder[c->newest - 1].newer = i;
	c->newest = i;
	if (!c->oldest)
		c->oldest = i;
}

static size_t place_bytes(const struct place *p)
{
	return sizeof *p + p->path.n + SCOPE_BYTES + p->n_patterns * sizeof *p->patterns;
}

static void release(struct folder_cache *c, struct folder *f)
{
	uint32_t i = (uint32_t)(f - c->folder) + 1;
	uint32_t *at = &c->bucket[f->hash % BUCKETS];

	while (*at != i)
		at = &c->folder[*at - 1].next;
	*at = f->next;
	unlink_age(c, f);
	for (size_t k = 0; k < f->n_places; k++) {
		c->bytes -= place_bytes(&f->places[k]);
		place_done(&f->places[k], c->selector);
	}
	free(f->places);
	if (f->handle_n > FOLDER_INLINE)
		free(f->long_handle);
	*f = (struct folder){ .next = c->free };
	c->free = i;
	c->n--;
}

void folder_cache_clear(struct folder_cache *c)
{
	while (c->oldest)
		release(c, &c->folder[c->oldest - 1]);
}

void folder_cache_done(struct folder_cache *c)
{
	if (!c->bucket)
		return;
	folder_cache_clear(c);
	free(c->folder);
	free(c->bucket);
	*c = (struct folder_cache){ 0 };
}

static struct folder *look(struct folder_cache *c, struct span handle, uint32_t hash)
{
	for (uint32_t i = c->bucket[hash % BUCKETS]; i;) {
		struct folder *f = &c->folder[i - 1];

		if (f->hash == hash && span_same(handle_of(f), handle))
			return f;
		i = f->next;
	}
	return NULL;
}

struct folder *folder_cache_find(struct folder_cache *c, struct span handle)
{
	struct folder *f = look(c, handle, hash_of(c, handle));

	if (!f)
		return NULL;
	if (f->n_places == 0 && f->age != c->age) {
		release(c, f);
		return NULL;
	}
	if (c->newest != (uint32_t)(f - c->folder) + 1) {
		unlink_age(c, f);
		make_newest(c, f);
	}
	return f;
}

static struct folder *get_free(struct folder_cache *c)
{
	struct folder *f;

	if (c->n == FOLDERS_MAX)
		release(c, &c->folder[c->oldest - 1]);
	if (!c->free) {
		uint32_t more = c->cap ? c->cap : 256;

		c->folder = mem_grow(c->folder, c->cap + more, sizeof *c->folder);
		for (uint32_t i = c->cap + more; i-- > c->cap;) {
			c->folder[i] = (struct folder){ .next = c->free };
			c->free = i + 1;
		}
		c->cap += more;
	}
	f = &c->folder[c->free - 1];
	c->free = f->next;
	c->n++;
	return f;
}

struct folder *folder_cache_put(struct folder_cache *c, struct span handle, struct place *places,
	size_t n)
{
	uint32_t hash = hash_of(c, handle);
	struct folder *f = look(c, handle, hash);

	if (f)
		release(c, f);
	while (c->bytes > BYTES_MAX)
		release(c, &c->folder[c->oldest - 1]);
	f = get_free(c);
	*f = (struct folder){ .hash = hash, .age = c->age, .handle_n = (uint16_t)handle.n };
	if (handle.n <= FOLDER_INLINE)
		memcpy(f->handle, handle.p, handle.n);
	else
		f->long_handle = mem_copy(handle.p, handle.n);
	f->places = places;
	f->n_places = (uint16_t)n;
	for (size_t i = 0; i < n; i++)
		c->bytes += place_bytes(&places[i]);
	f->next = c->bucket[hash % BUCKETS];
	c->bucket[hash % BUCKETS] = (uint32_t)(f - c->folder) + 1;
	make_newest(c, f);
	return f;
}

void folder_cache_drop(struct folder_cache *c, struct span handle)
{
	struct folder *f = look(c, handle, hash_of(c, handle));

	if (f)
		release(c, f);
}

void folder_cache_moved(struct folder_cache *c, struct span path)
{
	uint32_t next;

	c->age++;
	for (uint32_t i = c->oldest; i; i = next) {
		struct folder *f = &c->folder[i - 1];
		bool below = false;

		next = f->newer;
		for (size_t k = 0; k < f->n_places; k++)
			below = below || path_is_below(f->places[k].path, path);
		if (below)
			release(c, f);
	}
}
