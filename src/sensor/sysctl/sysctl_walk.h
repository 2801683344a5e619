/* Every value below /proc/sys but those that change by themselves, are secret, or do something when
 * they are read. */
#ifndef SENSOR_SYSCTL_SYSCTL_WALK_H
#define SENSOR_SYSCTL_SYSCTL_WALK_H

#include "sensor/sensor.h"

struct sysctl_value {
	struct span path;  /* below proc/sys */
	struct span value; /* as it is read */
	unsigned mode;     /* 0: not asked for */
};

struct sysctl_walk {
	struct scan *scan;
	/* Is it wanted, and with its mode? Called before the value is read. */
	bool (*wanted)(void *ctx, struct span path, bool *ret_mode);
	void (*each)(void *ctx, const struct sysctl_value *v);
	void *ctx;
	/* the walk's own */
	char path[1024];
	size_t n;
	unsigned left, depth;
};

void sysctl_walk(struct sysctl_walk *w);

/* Pure: left out of the walk? The table of why is in the source. */
bool sysctl_is_left_out(struct span path);

#endif
