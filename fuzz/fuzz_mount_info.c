/* Any bytes as a line of mountinfo and of fstab. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/mount/mount_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct mount_line m;
	struct fstab_line f;
	struct err e;

	if (mount_line_parse(span_from(data, n), a, &m, &e) == 0)
		(void)mount_option_is_fleeting(m.type, m.super_options);
	if (fstab_line_parse(span_from(data, n), a, &f, &e) > 0)
		(void)mount_has_option(f.options, f.type);
	return 0;
}
