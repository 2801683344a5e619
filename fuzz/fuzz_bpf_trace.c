/* Any bytes as a record out of the ring. */
#include <stddef.h>
#include <stdint.h>

#include "host/bpf_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bpf_trace_record r;
	char path[256];
	size_t size;

	if (!bpf_trace_record_from(span_from(data, n), &r))
		return 0;
	(void)bpf_trace_path(r.path, path, sizeof path, &size);
	return 0;
}
