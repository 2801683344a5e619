#include <stdlib.h>

#include "core/glob.h"
#include "core/mem.h"
#include "sensor/ssh_key/server.h"

#define SLOTS_FIRST 256

void key_set_init(struct key_set *x, size_t max)
{
	*x = (struct key_set){ .slots = SLOTS_FIRST, .max = max };
	x->slot = mem_array(x->slots, sizeof *x->slot);
}

void key_set_done(struct key_set *x)
{
	free(x->slot);
	x->slot = NULL;
}

static struct span *find(const struct key_set *x, struct span key)
{
	for (size_t i = glob_hash(key);; i++) {
		struct span *s = &x->slot[i & (x->slots - 1)];

		if (!s->p || span_same(*s, key))
			return s;
	}
}

static void grow(struct key_set *x)
{
	struct key_set old = *x;

	x->slots *= 2;
	x->slot = mem_array(x->slots, sizeof *x->slot);
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i].p)
			*find(x, old.slot[i]) = old.slot[i];
	free(old.slot);
}

struct span key_set_add(struct key_set *x, struct arena *a, struct span key)
{
	struct span k = key, *at;

	if (x->n == x->max)
		return SPAN_NONE;
	at = find(x, k);
	for (unsigned n = 2; at->p; n++) {
		k = span_of(arena_format(a, "%.*s#%u", SPAN_ARG(key), n));
		at = find(x, k);
	}
	*at = k = arena_copy(a, k);
	if (++x->n * 2 > x->slots)
		grow(x);
	return k;
}
