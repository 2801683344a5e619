#include "os/clock.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_coarse(void)
{
	return read_clock(CLOCK_REALTIME_COARSE);
}

void clock_sleep_ms(unsigned ms)
{
	(void)poll(NULL, 0, (int)ms); /* a signal ends it */
}

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_awake(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
