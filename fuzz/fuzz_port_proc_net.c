/* Any bytes as a line of a file in /proc/net: the first byte says of which. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/port/proc_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct sock x;

	if (n && sock_from_proc((enum sock_proto)(data[0] % (SOCK_UNIX + 1)),
			 span_from(data + 1, n - 1), &x) > 0) {
		do
			(void)sock_key(&x, span_of(""), a);
		while (x.proto == SOCK_SCTP && sock_next_address(&x));
	}
	arena_free(a);
	return 0;
}
