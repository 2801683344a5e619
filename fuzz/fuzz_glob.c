#include "core/glob.h"

/* First byte: how much of the rest is the pattern. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct glob_section *s;
	struct span pattern, path;
	size_t sections, cut;
	struct err e = { 0 };

	if (n > 0) {
		cut = data[0] < n - 1 ? data[0] : n - 1;
		pattern = span_from(data + 1, cut);
		path = span_from(data + 1 + cut, n - 1 - cut);
		if (glob_compile(a, pattern, &s, &sections, &e) == 0)
			(void)glob_path(s, path);
		(void)glob_text(pattern, path);
	}
	arena_free(a);
	return 0;
}
