/* Whether the agent ran all the time, by two looks at the clocks. */
#ifndef WATCH_WINDOWS_STANDSTILL_H
#define WATCH_WINDOWS_STANDSTILL_H

#include "watch/notice.h"

struct standstill {
	int64_t now, awake; /* clock_now, clock_awake, when it was known to run */
};

/* Called every second with the clocks. True: it did not run for so long that *ret was lost, of no
 * kind yet. Pure. */
bool standstill_since(struct standstill *s, int64_t now, int64_t awake, struct loss *ret);

#endif
