/* What decodes encodes to the same bytes. Input: length of the shared part, then both parts. */
#include "entity/file.h"
#include "entity/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	struct record r = { .kind = &kind_file };
	struct span all = span_from(data, n), shared, local;
	struct err e;

	if (n == 0 || data[0] > n - 1)
		return 0;
	shared = (struct span){ all.p + 1, data[0] };
	local = span_from_offset(all, 1 + shared.n);
	if (record_decode(shared, local, &r, &e) < 0 || shared.n == 0 || local.n == 0)
		return 0;
	record_encode_shared(&r, &b);
	record_encode_local(&r, &b);
	if (!span_same(buf_span(&b), span_from_offset(all, 1)))
		__builtin_trap();
	return 0;
}
