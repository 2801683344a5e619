/* Any bytes as the messages of a ruleset: type, length in two bytes, body. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/firewall/firewall_nft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(nft) x;

	nft_init(&x, a);
	for (unsigned round = 0; round < 3; round++) {
		for (size_t at = 0, more; n - at > 3; at += more) {
			more = 3 + (size_t)(data[at + 1] | data[at + 2] << 8);
			more = more > n - at ? n - at : more;
			nft_take(&x, data[at], span_from(data + at + 3, more - 3));
		}
		nft_settle(&x);
		nft_settle_elements(&x);
	}
	return 0;
}
