/* The word somebody probably meant. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *typed;
	const char *word; /* the nearest so far, or NULL: nothing is near */
	size_t distance;
};

/* Begin with { .typed = … }; then pass every word there is. */
void suggest_from(struct suggestion *s, const char *word);

#endif
