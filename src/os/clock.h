/* What time it is. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

int64_t clock_now(void); /* wall clock, ns since 1970-01-01 UTC */
int64_t clock_coarse(
	void); /* the same as the file systems' time stamps are made from: may lag by a tick */
void clock_sleep_ms(unsigned ms);
int64_t clock_monotonic(void); /* ns since some start; never steps */
int64_t clock_boot(void);      /* ns since boot, sleep included; never steps */
int64_t clock_awake(void);     /* the same without sleep */

/* Now, as the end of what began at `from`: not before it, should somebody have set the clock back.
 */
static inline int64_t clock_end(int64_t from)
{
	int64_t now = clock_now();

	return now > from ? now : from;
}

#endif
