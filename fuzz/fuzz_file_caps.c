#include <stdint.h>

#include "sensor/file/file_caps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct err e = { 0 };

	if (file_caps_text(span_from(data, n), &text, &e) == 0 && (text.n == 0 || text.full))
		__builtin_trap();
	return 0;
}
