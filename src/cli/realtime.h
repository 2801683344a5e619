/* Is an entity seen in real time, by what, and what of it is not. */
#ifndef CLI_REALTIME_H
#define CLI_REALTIME_H

#include "core/buf.h"
#include "entity/select.h"

/* Append a sentence without its full stop: "by fanotify while invar watch or the agent runs".
 * False: only scans see it, and the sentence says why. path: where it really is (kind file). */
bool realtime_say(struct buf *ret, const struct kind *k, struct span path,
	const struct selection *held);
/* What no event tells of an entity of this kind: one line each, ended by NULL. */
const char *const *realtime_blind(const struct kind *k);

/* ---- of the platform ---- */

/* The same of a file that is selected. */
bool realtime_say_file(struct buf *ret, struct span path);
extern const char *const realtime_blind_file[];

#endif
