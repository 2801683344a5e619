/* Of a listener the owner is known, and so who of those heard of at the same time it was. */
#ifndef CHANGE_OWNER_H
#define CHANGE_OWNER_H

#include "change/change.h"

/* Leave in *who only whom the entity's own record names: who has it open, or runs its program (one
 * that forks and ends leaves it to its heir). False: none of them. True as well for kinds whose
 * records name nobody. Lists live in a. */
bool owner_settle(const struct change *c, struct arena *a, struct who *who);

#endif
