#include "sensor/port/mount_text.h"

/* Blanks and backslashes are written as three octal digits behind a backslash. */
static struct span unescape(struct span s, struct arena *a)
{
	char *to = arena_get(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned x = 0, k = 1;

		while (s.p[i] == '\\' && k < 4 && i + k < s.n && s.p[i + k] >= '0' &&
			s.p[i + k] <= '7')
			x = x * 8 + (unsigned)(s.p[i + k++] - '0');
		if (k == 4) {
			to[n++] = (char)x;
			i += 3;
		} else {
			to[n++] = s.p[i];
		}
	}
	to[n] = '\0';
	return span_from(to, n);
}

/* "36 35 0:4 net:[4026532169] /run/netns/blue rw shared:1 - nsfs nsfs rw" */
bool mount_of_netns(struct span line, struct arena *a, struct span *ret)
{
	struct span word[5];

	for (unsigned i = 0; i < 5; i++)
		if (!span_cut(&line, ' ', &word[i]))
			return false;
	if (!span_starts(word[3], span_of("net:[")) || word[4].n == 0 || *word[4].p != '/')
		return false;
	*ret = unescape(word[4], a);
	return true;
}
