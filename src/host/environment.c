#include "host/environment.h"

#include "core/attr.h"

bool environment_loads_code(struct span assignment)
{
	return span_starts(assignment, span_of("LD_")) ||
	       span_starts(assignment, span_of("GCONV_PATH=")) ||
	       span_starts(assignment, span_of("GLIBC_TUNABLES="));
}

static bool contains(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++) {
		size_t k = 0;

		while (k < n && (s.p[i + k] & ~0x20) == word[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

struct span environment_masked(struct span assignment, struct arena *a)
{
	static const char *const words[] = { "PASS", "SECRET", "TOKEN", "KEY", "CRED", "AUTH" };
	const char *equals = assignment.n ? memchr(assignment.p, '=', assignment.n) : NULL;
	struct span name = { assignment.p, equals ? (size_t)(equals - assignment.p) : 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (contains(name, words[i]))
			return span_of(arena_format(a, "%.*s=***", SPAN_ARG(name)));
	return assignment;
}
