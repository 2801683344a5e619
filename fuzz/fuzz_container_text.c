#include "sensor/container/container_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_container);
	struct span text = span_from(data, n);
	struct machine m;
	size_t bad;

	lxc_config(text, a, r, &bad);
	nspawn_config(text, a, r, &bad);
	machine_file(text, &m);
	return 0;
}
