/* Processes that began after the list of them was made. */
#ifndef SENSOR_PORT_LATE_H
#define SENSOR_PORT_LATE_H

#include "host/process.h"

#define LATE_MAX 256 /* remembered */

struct late {
	const struct process *list[LATE_MAX];
	size_t n;
	unsigned tries;
};

/* Executable, user, unit, container and name, from /proc; NULL when it is not to be had. */
const struct process *late_process(struct late *l, struct arena *a, uint32_t pid);
bool process_is_gone(uint32_t pid);

#endif
