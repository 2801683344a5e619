/* The files of a policy. */
#ifndef POLICY_SOURCE_H
#define POLICY_SOURCE_H

#include "policy/problem.h"

#define SOURCES_MAX 1000

struct source {
	const char *name; /* path */
	struct span text;
};

/* A file, or the *.yaml of a folder in bytewise order (names that begin with '.' are left out). No
 * file may be larger than max (ERR_LIMIT); ERR_MISSING when path is not there; ERR_POLICY when some
 * are no files: the problems name them. All lives in a. */
int sources_read(struct arena *a, const char *path, size_t max, struct source **ret, size_t *ret_n,
	struct problems *problems, struct err *e) MUST_CHECK;

#endif
