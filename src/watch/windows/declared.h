/* What the rooms of src/sensor declare as their sources, of kinds that a policy asks for in real
 * time. */
#ifndef WATCH_WINDOWS_DECLARED_H
#define WATCH_WINDOWS_DECLARED_H

#include "policy/policy.h"
#include "sensor/sensor.h"

struct declared {
	const struct kind *kind;
	unsigned seconds; /* WATCH_POLL: the shortest of its rooms */
};

/* The kinds that have this source, each once; ret has room for KIND_IDS. */
size_t declared_by(const struct policy *p, enum watch_means by, struct declared *ret);

#endif
