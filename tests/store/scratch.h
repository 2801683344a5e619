/* A state folder of its own for a test, and trees in it. */
#ifndef TESTS_STORE_SCRATCH_H
#define TESTS_STORE_SCRATCH_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "../folder.h"
#include "store/seal.h"
#include "store/stage.h"
#include "store/store.h"
#include "store/tree.h"

#define OK(call) \
	do { \
		struct err e = { 0 }; \
		if ((call) < 0) \
			fail_msg("%s: %d %s", #call, e.code, e.text); \
	} while (0)
#define FAILS(call, wanted) \
	do { \
		struct err e = { 0 }; \
		int rc_ = (call); \
		if (rc_ != (wanted)) \
			fail_msg("%s: %d %s", #call, rc_, e.text); \
	} while (0)

static char scratch_place[PATH_MAX - 8]; /* that nobody else may take away, whatever it is in */
static char scratch[PATH_MAX];

static inline void scratch_empty(void)
{
	folder_empty(scratch);
}

static inline int scratch_make(void **state)
{
	const char *top = getenv("TMPDIR");

	(void)state;
	/* memory: these tests sync thousands of times */
	if (!top && access("/dev/shm", W_OK) == 0)
		top = "/dev/shm";
	if (folder_make(top, scratch_place, sizeof(scratch_place)) < 0)
		return -1;
	snprintf(scratch, sizeof(scratch), "%s/state", scratch_place);
	return file_make_folder(scratch);
}

static inline int scratch_remove(void **state)
{
	(void)state;
	return folder_remove(scratch_place);
}

static inline const char *scratch_file(const char *name)
{
	static char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

/* xorshift: the same numbers every time. */
static inline uint32_t scratch_random(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

#endif
