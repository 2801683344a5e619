/* Command lines of Windows: cut into arguments, the programs that are tried, paths of drivers. */
#include "host/command.h"
#include "host/windows/command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) b = BUF_INIT((size_t)1 << 20);
	AUTO(buf) masked = BUF_INIT((size_t)1 << 20);
	struct span line = span_from(data, n);

	command_line_split(line, &b);
	command_masked(buf_span(&b), 512, &masked);
	for (unsigned i = 0; i < 64; i++) {
		buf_clear(&b);
		if (!command_line_program(line, i, &b))
			break;
	}
	path_from_native(line, span_of("C:\\Windows"), n % 2, &b);
	return 0;
}
