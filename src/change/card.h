/* Cards: the changes of one human action, shown as one. A scan cannot tell actions apart, so it
 * makes one card for each rule. */
#ifndef CHANGE_CARD_H
#define CHANGE_CARD_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define CARD_ID_BYTES 26

struct card;

struct cards {
	struct arena *arena;
	struct card *list; /* no more than there are rules */
	int64_t time;      /* ns since epoch */
};

/* The id of the card for changes under this rule; made at the first call. *ret lives as long as
 * the arena. */
int card_for(struct cards *c, struct span rule, struct span *ret, struct err *e) MUST_CHECK;

#endif
