/* Any bytes as a preset file, and as the name of a unit that is looked up in it. */
#include <stdint.h>

#include "sensor/service/preset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) all = BUF_INIT((size_t)1 << 20);

	presets_parse(span_from(data, n), &all);
	(void)presets_find(&all, span_from(data, n), SPAN_NONE);
	return 0;
}
