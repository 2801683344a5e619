#include <stdint.h>

#include "host/package_language_parse.h"

/* The bytes as each of the formats. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span all = span_from(data, n);
	struct arena *a = arena_new();
	struct language_package p;

	(void)pip_metadata(all, &p);
	(void)pip_folder_name(all, &p);
	(void)npm_package_json(all, a, &p);
	(void)gem_specification(all, &p);
	(void)snap_yaml_version(all);
	arena_free(a);
	return 0;
}
