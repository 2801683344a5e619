#include "os/clock.h"

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

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
