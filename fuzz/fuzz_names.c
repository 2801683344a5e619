#include "os/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(names) names = names_from(span_from(data, n), span_from(data, n / 2));

	for (uint32_t id = 0; id < 20; id++) {
		struct span user = names_user(names, id), group = names_group(names, id);

		if ((user.n && memchr(user.p, ':', user.n)) ||
			(group.n && memchr(group.p, '\n', group.n)))
			__builtin_trap();
	}
	return 0;
}
