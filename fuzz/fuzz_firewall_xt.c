/* Any bytes as a table of iptables. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/firewall/firewall_xt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct xt_table t = { .valid_hooks = 14 };
	struct xt_chain *list;
	struct err e;
	size_t count;

	if (n < 44)
		return 0;
	t.v6 = data[0] & 1;
	memcpy(t.hook_entry, data + 4, sizeof t.hook_entry);
	memcpy(t.underflow, data + 24, sizeof t.underflow);
	t.entries = span_from(data + 44, n - 44);
	(void)!xt_parse(&t, a, &list, &count, &e);
	return 0;
}
