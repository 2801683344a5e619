/* Inside looking again: shared by relook.c, look_late.c and look_memory.c alone. */
#ifndef CHANGE_RELOOK_H
#define CHANGE_RELOOK_H

#include "change/look_memory.h"
#include "change/look_plan.h"
#include "change/run.h"
#include "store/pile.h"

struct relook;
/* What differs is known, and not recorded: hear what was told meanwhile (look_late.c). */
int look_late(struct relook *l, struct err *e) MUST_CHECK;

struct relook {
	struct run run;
	struct look_memory *memory; /* the caller's; NULL: none */
	struct look_plan plan;
	struct arena *arena;
	struct span policy_text;
	struct pile *seen; /* what was observed */
	struct buf scratch;
	uint64_t observed; /* kinds that were, a bit per id */
	uint64_t new_gaps; /* that no look before told */
	bool moved;        /* something was recorded */
};

#endif
