/* What one look leaves for the next (struct look_memory of change/pipeline.h). */
#ifndef CHANGE_LOOK_MEMORY_H
#define CHANGE_LOOK_MEMORY_H

#include "change/card.h"
#include "change/pipeline.h"

#define TOLD_MAX 4096
#define UNREAD_MAX 1024

struct told_gap;

struct look_memory {
	struct card_memory cards;
	struct told_gap *told; /* gaps that stand, told once */
	size_t n_told, cap_told;
	struct kept kept;    /* who looks at points … */
	struct guard *guard; /* … and at kinds that are not sorted; NULL: none yet … */
	struct guard *ahead; /* … or at one of them, before the look that takes it; the same … */
	uint64_t policy;     /* … by the policy of this number; 0: none yet */
	struct buf policy_text;
	struct arena *arena; /* of what follows */
	struct span *unread; /* paths of files whose content there was no time for, in this look */
	size_t n_unread;
	unsigned moved; /* looks that recorded something, since the store was tidied */
};

/* Looks are by this policy from now on. */
void look_memory_use(struct look_memory *m, const struct policy *p);

struct relook;

/* Counts in l->new_gaps those that were not told by a look before; those that were told and no
 * longer stand are forgotten. */
int look_gaps_new(struct relook *l, struct err *e) MUST_CHECK;
int look_gaps_record(struct relook *l, struct err *e) MUST_CHECK;
/* Remember what this is of, when there was no time for its content. */
int look_unread_note(struct relook *l, const struct observation *o, struct err *e) MUST_CHECK;
void look_unread_forget(struct look_memory *m); /* accepts NULL */
/* After the commit: these were told. */
void look_gaps_remember(struct relook *l);

#endif
