#include <stdint.h>

#include "sensor/file/file_pe.h"
#include "sensor/file/file_reparse.h"
#include "sensor/file/file_streams.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) target = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) kind = BUF_INIT(16);
	struct file_stream stream;
	size_t at = 0;

	if (!file_reparse_target(span_from(data, n), &target) && target.n > 0)
		__builtin_trap();
	if (target.n > 2 * n)
		__builtin_trap();
	while (file_stream_next(span_from(data, n), &at, &stream) > 0)
		if (stream.name.n > n)
			__builtin_trap();
	file_pe_kind(span_from(data, n), &kind);
	if (kind.full)
		__builtin_trap();
	return 0;
}
