/* Any bytes as an init script, and as the name of a link that starts one. */
#include <stdint.h>

#include "sensor/service/lsb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lsb head;

	lsb_parse(span_from(data, n), &head);
	(void)lsb_started(span_from(data, n));
	return 0;
}
