#include "cli/keyset.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/sha256.h"

/* Names come from the host: a digest nobody can make collide, so that no change hides behind
 * another one's name. All zeroes is an empty slot. */
struct slot {
	uint64_t a, b;
};

struct keyset {
	struct slot *slots;
	size_t n, cap; /* cap is a power of two */
};

struct keyset *keyset_new(void)
{
	struct keyset *k = mem_new(sizeof *k);

	k->cap = 64;
	k->slots = mem_array(k->cap, sizeof *k->slots);
	return k;
}

void keyset_freep(struct keyset **k)
{
	if (*k)
		free((*k)->slots);
	free(*k);
	*k = NULL;
}

static struct slot slot_of(const struct kind *kind, struct span key)
{
	uint8_t digest[SHA256_SIZE];
	struct slot s;

	sha256_once(key.p, key.n, digest);
	memcpy(&s, digest, sizeof s);
	s.a ^= kind->id;
	s.b |= 1;
	return s;
}

static struct slot *find(const struct keyset *k, struct slot s)
{
	size_t i = s.a & (k->cap - 1);

	while (k->slots[i].b && (k->slots[i].a != s.a || k->slots[i].b != s.b))
		i = (i + 1) & (k->cap - 1);
	return &k->slots[i];
}

static void grow(struct keyset *k)
{
	struct keyset bigger = { mem_array(2 * k->cap, sizeof *k->slots), k->n, 2 * k->cap };

	for (size_t i = 0; i < k->cap; i++)
		if (k->slots[i].b)
			*find(&bigger, k->slots[i]) = k->slots[i];
	free(k->slots);
	*k = bigger;
}

void keyset_add(struct keyset *k, const struct kind *kind, struct span key)
{
	struct slot s = slot_of(kind, key);
	struct slot *at = find(k, s);

	if (at->b)
		return;
	*at = s;
	if (++k->n > k->cap / 2)
		grow(k);
}

bool keyset_has(const struct keyset *k, const struct kind *kind, struct span key)
{
	return find(k, slot_of(kind, key))->b != 0;
}
