/* Wazuh's "sregex" (OS_Match): texts joined by '|', each of which must stand somewhere in the path;
 * '^' in front and '$' behind tie it to the path's ends. As patterns below a base. */
#ifndef POLICY_IMPORT_SREGEX_H
#define POLICY_IMPORT_SREGEX_H

#include "core/arena.h"

#define SREGEX_PATTERNS_MAX 64

struct sregex {
	bool all;     /* every path at and below the base matches */
	bool refused; /* it negates ('!'), or is too much: nothing of it is here */
	struct span list[SREGEX_PATTERNS_MAX]; /* patterns relative to the base */
	size_t n;
};

/* How paths are written and what stands for itself in patterns. */
enum sregex_paths { SREGEX_POSIX, SREGEX_WINDOWS, SREGEX_REGISTRY };

/* The paths at and below `base` (without a separator at its end) that match. */
void sregex_read(struct arena *a, struct span text, struct span base, enum sregex_paths paths,
	struct sregex *ret);
/* The same of one text tied to the path's beginning, as <ignore> without a type is. */
void sregex_prefix(struct arena *a, struct span prefix, struct span base, enum sregex_paths paths,
	struct sregex *ret);
/* Of names, which have no sections: globs. */
void sregex_names(struct arena *a, struct span text, struct sregex *ret);

#endif
