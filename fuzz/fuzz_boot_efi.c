/* Any bytes as an EFI signature database. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/boot/boot_efi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct efi_database d;

	(void)efi_database_read(span_from(data, n), a, &d);
	return 0;
}
