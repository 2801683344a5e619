/* What the entity itself says of who it can have been: somebody who only did something at the same
 * time must not be named. */
#ifndef CHANGE_OWNER_H
#define CHANGE_OWNER_H

#include "change/change.h"

#define OWNER_NOBODY_TOLD \
	"it was seen as others of its kind were looked at; nothing told of it by itself"

/* Of a listener leave in *who only whom its own record names: who has it open, or had; of one that
 * is gone also a child of that in the same program, which it was left to. Returns NULL, or why none
 * of them is it: of a service that only started, stopped or failed it is nobody who touched its
 * files. Other kinds: NULL. Lists live in a. */
const char *owner_settle(const struct change *c, struct arena *a, struct who *who);

/* What was told of a place, of which c is one: `why` nobody is named, where it fits this change. An
 * end that was told of is no reason for what came at the same time. */
struct span owner_why(const struct change *c, struct span why);

#endif
