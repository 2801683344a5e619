/* Any bytes as what the kernel says of modules. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/module/module_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span s = span_from(data, n);
	struct module_line m;
	struct err e;

	(void)!module_line_parse(s, &m, &e);
	(void)module_name_of(s, a);
	(void)module_of_symbol(s);
	(void)module_build_id(s);
	return 0;
}
