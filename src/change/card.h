/* Cards: the changes of one human action, shown as one. What one login session, or what came from
 * one service, did within a minute is one action, under whatever rules. Where nobody knows who,
 * what is about one thing (change/subject.h) is one action, and of the rest one run makes one card
 * for each rule. */
#ifndef CHANGE_CARD_H
#define CHANGE_CARD_H

#include "change/change.h"

#define CARD_ID_BYTES 26
#define CARDS_OPEN_MAX 256

/* Actions under way. Zeroed: none. */
struct card_memory {
	struct open_card {
		uint8_t origin[32]; /* SHA-256 of what it began from */
		int64_t last;       /* ns since epoch: its latest change; 0: a free place */
		char id[CARD_ID_BYTES];
	} open[CARDS_OPEN_MAX];
};

struct card;

struct cards {
	struct arena *arena;
	struct card *list;          /* by rule or thing */
	size_t n;                   /* in the list */
	struct card_memory *memory; /* NULL: as if nobody ever knew who */
	int64_t time;               /* ns since epoch */
};

/* The id of the card for this change; made at the first call. *ret lives as long as the arena. */
int card_for(struct cards *c, const struct change *x, struct span *ret, struct err *e) MUST_CHECK;

#endif
