/* The kernel's modules that are loaded now: itself, its drivers. */
#ifndef HOST_WINDOWS_DRIVERS_H
#define HOST_WINDOWS_DRIVERS_H

#include <stdint.h>

#include "host/host.h"

#define DRIVERS_MAX 8192 /* more are ERR_LIMIT */

struct driver {
	struct span name; /* of its file: "ntfs.sys" */
	struct span file; /* its path, made one of Win32 */
	uint32_t size;    /* bytes of memory */
};

/* In the order they were loaded; lives in a. */
int host_drivers(struct host *h, struct arena *a, const struct driver **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

#endif
