/* How many there are of each: numbers by 64-bit keys that are spread well. Pure. */
#ifndef WATCH_PROCESS_PROCESS_TALLY_H
#define WATCH_PROCESS_PROCESS_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally_slot {
	uint64_t key; /* 0: free */
	uint32_t n;
};

struct tally {
	struct tally_slot *slot;
	size_t n, cap;
};

void tally_done(struct tally *t);
void tally_add(struct tally *t, uint64_t key);
void tally_remove(struct tally *t, uint64_t key); /* that was added */
uint32_t tally_of(const struct tally *t, uint64_t key);

#endif
