/* What the doctor reads from JSON: records of `invar watch`, answers of the agent. */
#ifndef AGENT_DOCTOR_JSON_H
#define AGENT_DOCTOR_JSON_H

#include <stdint.h>

#include "core/arena.h"
#include "entity/kind.h"

struct agent_route {
	const char *name, *error; /* NULL: all is well */
	uint64_t lag, lost;
};

struct agent_facts {
	const char *version, *settings_path, *settings;
	bool watching;
	uint64_t queue, lag_ms, losses, repairs;
	size_t n_roles, n_confined;
	const char *not_confined; /* of the first that is not */
	struct agent_route *routes;
	size_t n_routes;
};

struct agent_canary {
	const struct kind *kind;
	const char *scope, *text; /* NULL: none */
	bool fault, seen;
	int64_t latency;
};

/* False: not of that form. Texts live in a. */
bool doctor_read_status(struct span json, struct arena *a, struct agent_facts *ret);
/* How many; what is not of that form is left out. */
size_t doctor_read_canaries(struct span json, struct arena *a, struct agent_canary **ret);

#endif
