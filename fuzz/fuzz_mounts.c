/* Any bytes as a mountinfo file, and a path that is looked up in it. */
#include <stddef.h>
#include <stdint.h>

#include "os/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct mounts *m = mounts_from(span_from(data, n));
	const struct mount_point *p = mounts_find(m, span_from(data, n / 2));

	if (p)
		(void)mount_is_remote(p);
	mounts_free(m);
	return 0;
}
