#include <stdint.h>
#include <stdlib.h>

#include "change/change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is read is written the same way again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) once = BUF_INIT(1 << 24);
	AUTO(buf) twice = BUF_INIT(1 << 24);
	struct ledger_record r;
	struct err e;

	if (ledger_record_decode(span_from(data, n), a, &r, &e) < 0)
		return 0;
	ledger_record_encode(&r, &once);
	if (once.full || ledger_record_decode(buf_span(&once), a, &r, &e) < 0)
		abort();
	ledger_record_encode(&r, &twice);
	if (!span_same(buf_span(&once), buf_span(&twice)))
		abort();
	return 0;
}
