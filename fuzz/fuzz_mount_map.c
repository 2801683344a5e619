/* Any bytes as a mountinfo file, and a path that is looked up in it. */
#include <stddef.h>
#include <stdint.h>

#include "watch/files/mount_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(mount_map) m = mount_map_new(span_from(data, n));
	AUTO_FREE(arena) a = arena_new();
	struct span in, out;

	for (size_t i = 0; i < m->n && i < 64; i++)
		if (mount_map_inside(&m->row[i], m->row[m->n - 1].point, a, &in))
			(void)mount_map_outside(m, &m->row[0], in, a, &out);
	return 0;
}
