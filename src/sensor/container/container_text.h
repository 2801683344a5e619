/* What is no JSON: lxc.container.conf(5), systemd.nspawn(5), and the files of systemd-machined.
 * Pure. */
#ifndef SENSOR_CONTAINER_CONTAINER_TEXT_H
#define SENSOR_CONTAINER_CONTAINER_TEXT_H

#include "sensor/container/container_fill.h"

/* Lines "key = value". *ret_bad: the number of the first line that is none, or 0. */
void lxc_config(struct span text, struct arena *a, struct record *ret, size_t *ret_bad);

/* Sections and "Name=value" lines; *ret_bad as above. */
void nspawn_config(struct span text, struct arena *a, struct record *ret, size_t *ret_bad);

/* NAME=value lines of /run/systemd/machines/NAME. */
struct machine {
	struct span name, service, class, root, unit;
	uint64_t leader;
	uint64_t started; /* microseconds since 1970; 0: not said */
};
void machine_file(struct span text, struct machine *ret);

#endif
