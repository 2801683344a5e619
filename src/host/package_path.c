#include "host/package_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"

#define SLOTS_FIRST 4096
#define SLOTS_MOST (1 << 20) /* that somebody expects: more only when they come */
#define ALIAS_STEPS 4

/* Multiply to 128 bits and fold: a strong mix of eight bytes for one multiplication. */
__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t path_hash(const struct path_hash *h, struct span path)
{
	uint64_t x = h->key[0] ^ path.n, word;
	size_t at = 0;

	for (; path.n - at >= sizeof word; at += sizeof word) {
		memcpy(&word, path.p + at, sizeof word);
		x = mix(x ^ word, h->key[1] ^ UINT64_C(0xa0761d6478bd642f));
	}
	word = 0;
	if (path.n > at)
		memcpy(&word, path.p + at, path.n - at);
	x = mix(x ^ word, h->key[1] ^ UINT64_C(0xe7037ed1a0b428db));
	x = mix(x ^ h->key[0], UINT64_C(0x9e3779b97f4a7c15));
	return x ? x : 1;
}

/* ---- the map ---- */

void path_map_done(struct path_map *m)
{
	free(m->slot);
	*m = (struct path_map){ 0 };
}

static uint64_t slot_hash(const struct path_slot *s)
{
	return (uint64_t)s->hash[1] << 32 | s->hash[0];
}

/* Where the hash is, or the free slot where it belongs. */
static struct path_slot *place(const struct path_map *m, uint64_t hash)
{
	size_t at = hash & (m->cap - 1);

	while (slot_hash(&m->slot[at]) && slot_hash(&m->slot[at]) != hash)
		at = (at + 1) & (m->cap - 1);
	return &m->slot[at];
}

static void grow(struct path_map *m, size_t cap)
{
	struct path_map old = *m;

	m->cap = cap;
	m->slot = mem_array(m->cap, sizeof *m->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (slot_hash(&old.slot[i]))
			*place(m, slot_hash(&old.slot[i])) = old.slot[i];
	free(old.slot);
}

void path_map_expect(struct path_map *m, size_t n)
{
	size_t cap = SLOTS_FIRST;

	while (cap < SLOTS_MOST && n * 4 > cap * 3)
		cap *= 2;
	if (cap > m->cap)
		grow(m, cap);
}

void path_map_soon(const struct path_map *m, uint64_t hash)
{
	if (m->cap)
		__builtin_prefetch(&m->slot[hash & (m->cap - 1)], 1);
}

void path_map_add(struct path_map *m, uint64_t hash, uint32_t value)
{
	struct path_slot *s;

	if (m->n * 4 >= m->cap * 3)
		grow(m, m->cap ? m->cap * 2 : SLOTS_FIRST);
	s = place(m, hash);
	if (slot_hash(s))
		return;
	*s = (struct path_slot){ { (uint32_t)hash, (uint32_t)(hash >> 32) }, value };
	m->n++;
}

uint32_t path_map_find(const struct path_map *m, uint64_t hash)
{
	const struct path_slot *s;

	if (m->n == 0)
		return PATH_NONE;
	s = place(m, hash);
	return slot_hash(s) ? s->value : PATH_NONE;
}

/* ---- aliases ---- */

const char *const path_links[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32",
	"usr/sbin", "usr/lib64", "usr/local/sbin", "usr/local/man", "usr/tmp", "var/run",
	"var/lock", "var/mail", "home", NULL };

/* Drop the last section of "/a/b/": "/a/". */
static void go_up(char *path, size_t *n)
{
	if (*n > 1)
		(*n)--;
	while (*n > 0 && path[*n - 1] != '/')
		(*n)--;
	path[*n] = '\0';
}

void path_alias_add(struct path_aliases *a, const char *link, struct span target)
{
	struct path_alias x = { .to = "/", .to_n = 1 };
	struct span rest = target, part;

	if (a->n == PATH_ALIASES)
		return;
	x.from_n = (size_t)snprintf(x.from, sizeof x.from, "/%s/", link);
	if (x.from_n >= sizeof x.from)
		return;
	if (target.n == 0 || target.p[0] != '/') { /* relative to the folder of the link */
		memcpy(x.to, x.from, x.from_n + 1);
		x.to_n = x.from_n;
		go_up(x.to, &x.to_n);
	}
	while (span_cut(&rest, '/', &part)) {
		if (part.n == 0 || span_is(part, "."))
			continue;
		if (span_is(part, "..")) {
			go_up(x.to, &x.to_n);
			continue;
		}
		if (x.to_n + part.n + 2 > sizeof x.to)
			return;
		memcpy(x.to + x.to_n, part.p, part.n);
		x.to_n += part.n;
		x.to[x.to_n++] = '/';
		x.to[x.to_n] = '\0';
	}
	/* A link to the root or to below itself would never end. */
	if (x.to_n > 1 && !span_starts(span_from(x.to, x.to_n), span_from(x.from, x.from_n)))
		a->list[a->n++] = x;
}

static const struct path_alias *alias_of(const struct path_aliases *a, struct span path)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct path_alias *x = &a->list[i];

		if (path.n > x->from_n && path.p[1] == x->from[1] &&
			memcmp(path.p, x->from, x->from_n) == 0)
			return x;
	}
	return NULL;
}

struct span path_real(const struct path_aliases *a, struct span path, char buffer[PATH_BYTES])
{
	for (unsigned step = 0; step < ALIAS_STEPS; step++) {
		const struct path_alias *x = alias_of(a, path);
		size_t tail = x ? path.n - x->from_n : 0;

		if (!x || x->to_n + tail > PATH_BYTES)
			break;
		memmove(buffer + x->to_n, path.p + x->from_n, tail);
		memcpy(buffer, x->to, x->to_n);
		path = span_from(buffer, x->to_n + tail);
	}
	return path;
}
