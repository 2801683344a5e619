/* Standing: what the last checks leave behind beside the trees, as named values of the store. What
 * reads them is in change/pipeline.h. Call these inside a transaction. */
#ifndef CHANGE_STANDING_H
#define CHANGE_STANDING_H

#include "store/store.h"

#define VALUE_POLICY "policy" /* policy_print of the last check of everything */

/* n places could not be looked at, in all there is or in a part of it. */
int standing_gaps_set(struct store *s, uint64_t n, bool everything, struct err *e) MUST_CHECK;

/* What is observed as "/"; NULL: the host itself. */
int standing_root_set(struct store *s, const char *root, struct err *e) MUST_CHECK;

#endif
