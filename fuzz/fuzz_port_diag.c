/* Any bytes as an answer of sock_diag: the first byte says whose. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/port/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct sock x;

	if (n && sock_from_diag((enum diag_family)(data[0] % 4), (enum sock_proto)(data[0] / 4 % 8),
			 span_from(data + 1, n - 1), &x))
		(void)sock_key(&x, span_of("space"), a);
	arena_free(a);
	return 0;
}
