/* Regular expressions over whole paths (POSIX extended, and what PCRE shares with it) as patterns
 * of ours. */
#ifndef POLICY_IMPORT_REGEX_H
#define POLICY_IMPORT_REGEX_H

#include "policy/import/paths.h"

enum regex_end {
	REGEX_PREFIX, /* without '$' anything may follow */
	REGEX_SECTION /* without '$' only the rest of the name may follow */
};

/* The absolute patterns that match what the expression, anchored in front, matches; none: it
 * matches no path there can be. NULL when they match exactly that; else why they match more. The
 * patterns live in a, the reason for ever. */
const char *regex_paths(struct arena *a, struct span regex, enum regex_end end, struct paths *ret);

/* How many '/' the expression begins with before anything in it varies. */
unsigned regex_depth(struct span regex);

#endif
