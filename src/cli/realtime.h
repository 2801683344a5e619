/* Is an entity seen in real time, by what, and what of it is not. */
#ifndef CLI_REALTIME_H
#define CLI_REALTIME_H

#include "core/buf.h"
#include "entity/select.h"
#include "sensor/sensor.h"

/* Append a sentence without its full stop: "by fanotify while invar watch or the agent runs".
 * False: only scans see it, and the sentence says why. path: where it really is (kind file). */
bool realtime_say(struct buf *ret, const struct kind *k, struct span path,
	const struct selection *held);

/* ---- of the platform ---- */

/* What no event tells of an entity of this kind: one line each, ended by NULL. */
const char *const *realtime_blind(const struct kind *k);

/* The same of a file that is selected. */
bool realtime_say_file(struct buf *ret, struct span path);
/* Each means in words, behind "by"; NULL: nothing to say beside the others. */
extern const char *const realtime_words[WATCH_POLL];
/* Is it ever told who made a change. Where not, it is said once, not with each change. */
extern const bool realtime_tells_who;

#endif
