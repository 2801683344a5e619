/* Named: the entities that ledger numbers and cards stand for, as they were recorded. */
#ifndef CHANGE_NAMED_H
#define CHANGE_NAMED_H

#include "change/lens.h"
#include "change/pipeline.h"

struct named;

/* Reads the part of the ledger that the selection's words name. ERR_USAGE when one names no change;
 * ERR_CHANGED when an entity is no longer as the last record named left it: that record cannot
 * speak for what came after. */
int named_find(struct named **ret, struct store *s, const struct lens *l,
	const struct change_selection *sel, struct err *e) MUST_CHECK;
void named_free(struct named *n);
void named_freep(struct named **n);

/* 1: the stored key is one of them; 0: not. */
int named_has(struct named *n, struct span key, struct err *e) MUST_CHECK;

#endif
