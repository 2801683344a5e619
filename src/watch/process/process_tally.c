#include "watch/process/process_tally.h"

#include <stdlib.h>

#include "core/mem.h"

void tally_done(struct tally *t)
{
	free(t->slot);
	*t = (struct tally){ 0 };
}

static size_t place(const struct tally *t, uint64_t key)
{
	size_t at = key & (t->cap - 1);

	while (t->slot[at].key && t->slot[at].key != key)
		at = (at + 1) & (t->cap - 1);
	return at;
}

static void grow(struct tally *t)
{
	struct tally old = *t;

	t->cap = old.cap ? old.cap * 2 : 64;
	t->slot = mem_array(t->cap, sizeof *t->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].key)
			t->slot[place(t, old.slot[i].key)] = old.slot[i];
	free(old.slot);
}

void tally_add(struct tally *t, uint64_t key)
{
	struct tally_slot *s;

	if ((t->n + 1) * 2 > t->cap)
		grow(t);
	s = &t->slot[place(t, key)];
	t->n += !s->key;
	s->key = key;
	s->n++;
}

/* Whoever stands behind a hole and would be looked for there moves into it. */
static void close_hole(struct tally *t, size_t hole)
{
	size_t at = hole;

	t->slot[hole] = (struct tally_slot){ 0 };
	for (;;) {
		size_t home, ahead;

		at = (at + 1) & (t->cap - 1);
		if (!t->slot[at].key)
			return;
		home = t->slot[at].key & (t->cap - 1);
		ahead = (at - home) & (t->cap - 1);
		if (ahead < ((at - hole) & (t->cap - 1)))
			continue;
		t->slot[hole] = t->slot[at];
		t->slot[at] = (struct tally_slot){ 0 };
		hole = at;
	}
}

void tally_remove(struct tally *t, uint64_t key)
{
	size_t at;

	if (!t->cap)
		return;
	at = place(t, key);
	if (!t->slot[at].key || --t->slot[at].n > 0)
		return;
	t->n--;
	close_hole(t, at);
}

uint32_t tally_of(const struct tally *t, uint64_t key)
{
	return t->cap ? t->slot[place(t, key)].n : 0;
}
