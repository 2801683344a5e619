/* When a place that changes is told: what comes together once, and a busy one more rarely, so that
 * it does not keep us from all else; but never later than PACE_MOST_MS, since what came and went
 * between two looks is never seen. Pure; times are milliseconds that never step. */
#ifndef WATCH_WINDOWS_PACE_H
#define WATCH_WINDOWS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_COLLECT_MS 500 /* what comes together is told once */
#define PACE_LEAST_MS 2000  /* between two times … */
#define PACE_MOST_MS 8000   /* … up to this, while it does not become quiet */

/* Zeroed: nothing was heard. */
struct pace {
	bool pending; /* it is to be told, at … */
	uint64_t due;
	uint64_t told, wait;
};

/* Something happened. True: it is the first since it was told. */
bool pace_note(struct pace *p, uint64_t now);
/* It is to be told now; counts as told. */
bool pace_take(struct pace *p, uint64_t now);
/* It is told as rarely as can be, since it does not become quiet. */
bool pace_is_slowest(const struct pace *p, uint64_t now);

#endif
