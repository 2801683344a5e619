/* Any bytes as the description of a BPF link and as a file of fdinfo. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/bpf/bpf_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = span_from(data, n);
	struct arena *a = arena_new();
	struct bpf_link l;

	if (bpf_link_from(text, &l)) {
		(void)bpf_link_name_at(&l);
		(void)bpf_link_text(&l, span_of("name"), span_of("place"), a);
	}
	(void)bpf_id_from_fdinfo(text);
	arena_free(a);
	return 0;
}
