/* What the files of a host say about its settings, in the order in which they are read. */
#ifndef SENSOR_SYSCTL_SYSCTL_CONFIG_H
#define SENSOR_SYSCTL_SYSCTL_CONFIG_H

#include "sensor/sensor.h"

struct sysctl_config;

/* Lives in the arena of the scan. What cannot be read is a gap for the whole kind. */
struct sysctl_config *sysctl_config_load(struct scan *s);

/* What is configured for a path ("net/ipv4/ip_forward"); false: nothing. An exact line is stronger
 * than a pattern, a later one than an earlier one. */
bool sysctl_config_find(struct sysctl_config *c, struct span path, struct span *ret_value,
	struct span *ret_file);
/* The next exact path that was never asked for; false: there is none. */
bool sysctl_config_left(struct sysctl_config *c, struct span *ret_path);

#endif
