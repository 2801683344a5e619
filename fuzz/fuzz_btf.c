/* Any bytes as the kernel's types: paths are looked up in them and programs made of them. */
#include <stddef.h>
#include <stdint.h>

#include "host/bpf_code.h"
#include "host/bpf_trace_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct bpf_code code[BPF_ITERATORS], trace[TRACE_PROGRAMS];
	struct btf *b = NULL;
	struct btf_path p;
	struct err e;

	if (btf_from(&b, span_from(data, n), &e) < 0)
		return 0;
	(void)!bpf_trace_code(b, trace, &e);
	if (bpf_code(b, code, &e) < 0)
		for (uint32_t id = 0; id < 8; id++)
			if (btf_path(b, id, "a.b.a.b", &p, &e) == 0)
				break;
	btf_free(b);
	return 0;
}
