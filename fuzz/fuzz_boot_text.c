/* Any bytes as what boot loaders and firmware keep. */
#include <stddef.h>
#include <stdint.h>

#include "sensor/boot/boot_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span s = span_from(data, n), rest = s, release;
	struct boot_entry x;

	while (boot_grub_entry(&rest, &x))
		(void)boot_options(x.options, a);
	(void)boot_loader_entry(s, &x);
	(void)boot_file_of(s, &release);
	(void)boot_chosen(s);
	(void)boot_efi_description(s, a);
	(void)boot_cpuinfo(s, "microcode");
	return 0;
}
