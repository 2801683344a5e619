/* What is to be known of an executable, found out once for all processes that run it. */
#ifndef SENSOR_PORT_PROGRAMS_H
#define SENSOR_PORT_PROGRAMS_H

#include "core/sha256.h"
#include "host/package.h"
#include "host/process.h"

struct program {
	struct span exe;
	uint64_t mnt; /* the mount namespace its path is in */
	bool deleted, has_sha256, has_package, looked_up;
	uint8_t sha256[SHA256_SIZE];
	const struct package *package;
};

struct programs {
	struct program *list;
	size_t n, cap;
};

/* What p runs; valid until the next call. */
struct program *programs_find(struct programs *all, const struct process *p);
void program_digest(struct program *x, struct host *h, const struct process *p);
/* Only what runs in a container of its own has files that are no packages of this host. */
void program_package(struct program *x, struct host *h, const struct process *p);
/* A program that does what others tell it, by its name: interpreters, netcat and its like. Whoever
 * gives a program another name has no package for it. */
bool program_is_general(struct span exe);
void programs_done(struct programs *all);

#endif
