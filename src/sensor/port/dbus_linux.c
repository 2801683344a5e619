#include "sensor/port/room.h"

void bus_names(struct scan *s, uint64_t asks)
{
	(void)s, (void)asks;
}
