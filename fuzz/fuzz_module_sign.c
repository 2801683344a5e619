/* Any bytes as the end of a module's file. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/module/module_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span signer;

	(void)module_signature(span_from(data, n), a, &signer);
	return 0;
}
