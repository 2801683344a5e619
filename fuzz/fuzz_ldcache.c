#include "host/ldcache.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static int each(void *ctx, struct span name, struct span path)
{
	(void)name;
	size_t *total = ctx;

	*total += path.n ? (size_t)(unsigned char)path.p[path.n - 1] : 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	size_t total = 0;
	struct err e;

	(void)!ldcache_each(span_from(data, n), each, &total, &e);
	return 0;
}
