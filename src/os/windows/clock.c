#include "os/clock.h"

#include <windows.h>

#define EPOCH 116444736000000000ull /* 1970-01-01 in 100 ns since 1601-01-01 */

static int64_t ns_of(FILETIME f)
{
	uint64_t t = (uint64_t)f.dwHighDateTime << 32 | f.dwLowDateTime;

	return ((int64_t)(t - EPOCH)) * 100;
}

int64_t clock_now(void)
{
	FILETIME f;

	GetSystemTimePreciseAsFileTime(&f);
	return ns_of(f);
}

int64_t clock_coarse(void)
{
	FILETIME f;

	GetSystemTimeAsFileTime(&f);
	return ns_of(f);
}

void clock_sleep_ms(unsigned ms)
{
	Sleep(ms);
}

int64_t clock_monotonic(void)
{
	LARGE_INTEGER count, rate;
	int64_t seconds;

	QueryPerformanceFrequency(&rate);
	QueryPerformanceCounter(&count);
	seconds = count.QuadPart / rate.QuadPart;
	return seconds * 1000000000 + count.QuadPart % rate.QuadPart * 1000000000 / rate.QuadPart;
}

int64_t clock_boot(void)
{
	return (int64_t)GetTickCount64() * 1000000;
}

int64_t clock_awake(void)
{
	ULONGLONG t;

	QueryUnbiasedInterruptTime(&t);
	return (int64_t)t * 100;
}
