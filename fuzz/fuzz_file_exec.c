#include <stdint.h>

#include "sensor/file/file_exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) kind = BUF_INIT(BUF_MAX_DEFAULT);

	file_exec_kind(span_from(data, n), &kind);
	if (kind.n > strlen("script:") + FILE_EXEC_HEAD)
		__builtin_trap();
	return 0;
}
