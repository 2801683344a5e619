/* Reading a baseline that anybody may have made: no crash, no endless memory. */
#include <sys/mman.h>
#include <unistd.h>

#include "store/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct baseline_info info;
	struct err e;
	int fd = memfd_create("baseline", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
		__builtin_trap();
	if (baseline_read(fd, &info, a, NULL, NULL, &e) > 0)
		__builtin_trap();
	close(fd);
	return 0;
}
