/* Any bytes as a file of sysctl.d. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/sysctl/sysctl_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void each(void *ctx, const struct sysctl_setting *x)
{
	(void)ctx;
	assert(x->line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();

	(void)sysctl_conf_parse(span_from(data, n), a, each, NULL);
	return 0;
}
