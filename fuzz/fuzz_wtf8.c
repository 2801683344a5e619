/* Any row of units comes back from its text, and a text is of that form exactly if it comes back.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/wtf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) text = BUF_INIT((size_t)1 << 24);
	uint16_t *units = mem_array(n + 1, sizeof *units), *back;
	size_t got = wtf8_units(span_from(data, n), units);

	assert(got <= n);
	wtf8_add(&text, units, got);
	assert(wtf8_is(span_from(data, n)) == span_same(buf_span(&text), span_from(data, n)));
	memcpy(units, data, n & ~(size_t)1);
	buf_clear(&text);
	wtf8_add(&text, units, n / 2);
	assert(text.n == wtf8_bytes(units, n / 2) && wtf8_is(buf_span(&text)));
	back = mem_array(text.n + 1, sizeof *back);
	assert(wtf8_units(buf_span(&text), back) == n / 2);
	assert(n < 2 || memcmp(back, units, n & ~(size_t)1) == 0);
	free(back);
	free(units);
	return 0;
}
