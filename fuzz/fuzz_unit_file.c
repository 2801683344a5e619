/* Any bytes as a unit file, the words of its values, and as the name of a unit. */
#include <stdint.h>

#include "host/unit_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct unit_reader r = unit_reader(span_from(data, n), a);
	struct unit_setting x;
	struct span word;

	while (unit_reader_next(&r, &x))
		while (unit_word(&x.value, a, &word))
			;
	(void)unit_is_template(span_from(data, n));
	(void)unit_template(span_from(data, n), a);
	arena_free(a);
	return 0;
}
