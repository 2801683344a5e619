/* What is escaped is harmless and comes back exactly. */
#include <assert.h>
#include <stdint.h>

#include "core/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) shown = BUF_INIT((size_t)1 << 24);
	AUTO(buf) back = BUF_INIT((size_t)1 << 24);
	struct err e = { 0 };

	if (n > 1 << 20)
		return 0;
	escape_text(&shown, span_from(data, n));
	assert(!escape_needed(buf_span(&shown)));
	assert(escape_undo(buf_span(&shown), &back, &e) == 0);
	assert(span_same(buf_span(&back), span_from(data, n)));
	return 0;
}
