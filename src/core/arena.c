#include "core/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"

#define BLOCK_BYTES ((size_t)8 << 10)

struct block {
	struct block *next;
	size_t n, used;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *head; /* the one being filled; the first one is last in the list */
	size_t total;
};

static struct block *block_new(size_t n)
{
	struct block *b = mem_grow(NULL, sizeof *b + n, 1);

	b->next = NULL;
	b->n = n;
	b->used = 0;
	return b;
}

/* A block for one thing that is larger than a block: it comes zeroed, which costs nothing where it
 * comes from the kernel. */
static struct block *block_of_one(size_t n)
{
	struct block *b = mem_new(n <= SIZE_MAX - sizeof *b ? sizeof *b + n : SIZE_MAX);

	b->n = b->used = n;
	return b;
}

struct arena *arena_new(void)
{
	struct arena *a = mem_new(sizeof *a);

	a->head = block_new(BLOCK_BYTES);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void arena_freep(struct arena **a)
{
	arena_free(*a);
	*a = NULL;
}

void arena_clear(struct arena *a)
{
	while (a->head->next) {
		struct block *b = a->head;

		a->head = b->next;
		free(b);
	}
	a->head->used = 0;
	a->total = 0;
}

size_t arena_bytes(const struct arena *a)
{
	return a->total;
}

void *arena_get(struct arena *a, size_t n)
{
	size_t need = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *b = a->head;
	char *p;

	if (need < n)
		need = n; /* wrapped: mem_grow refuses it */
	if (b->n - b->used < need) {
		bool one = need > BLOCK_BYTES;
		struct block *fresh = one ? block_of_one(need) : block_new(BLOCK_BYTES);

		fresh->next = b;
		a->head = b = fresh;
		if (one) {
			a->total += need;
			return b->bytes;
		}
	}
	p = b->bytes + b->used;
	b->used += need;
	a->total += need;
	memset(p, 0, need);
	return p;
}

struct span arena_copy(struct arena *a, struct span s)
{
	char *p = arena_get(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct span){ p, s.n };
}

const char *arena_text(struct arena *a, struct span s)
{
	return arena_copy(a, s).p;
}

const char *arena_format(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return "";
	p = arena_get(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
