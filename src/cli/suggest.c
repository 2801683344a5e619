#include "cli/suggest.h"

#include <string.h>

#include "core/attr.h"

#define WORD_MAX 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein with adjacent swaps; words beyond WORD_MAX are far from everything. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3], *up = rows[(i + 2) % 3], *above = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
				up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], above[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void suggest_from(struct suggestion *s, const char *word)
{
	size_t d = distance(s->typed, word);

	if (d > 1 + strlen(s->typed) / 4 || (s->word && d >= s->distance))
		return;
	s->word = word;
	s->distance = d;
}
