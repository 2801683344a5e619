#include <stdint.h>

#include "sensor/certificate/cert_efi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct efi_lists lists = efi_lists_of(span_from(data, n));
	struct span der;
	size_t sum = 0;

	while (efi_lists_next(&lists, &der))
		sum += (uint8_t)der.p[0] + (uint8_t)der.p[der.n - 1];
	return sum == SIZE_MAX;
}
