/* Any bytes as what the kernel wrote to a fanotify descriptor. */
#include <stddef.h>
#include <stdint.h>

#include "watch/files/fan_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span rest = span_from(data, n);
	struct fan_event x;
	unsigned char sum = 0;

	while (fan_event_next(&rest, &x) > 0) {
		for (size_t i = 0; i < x.folder.n; i++)
			sum = (unsigned char)(sum ^ (unsigned char)x.folder.p[i]);
		for (size_t i = 0; i < x.new_name.n; i++)
			sum = (unsigned char)(sum ^ (unsigned char)x.new_name.p[i]);
	}
	(void)sum;
	return 0;
}
