/* An expression expanded into its alternatives, each a sequence of tokens: what the files of regex
 * share. */
#ifndef POLICY_IMPORT_REGEX_ALTS_H
#define POLICY_IMPORT_REGEX_ALTS_H

#include <stdint.h>

#include "core/arena.h"

#define SEQUENCE_MAX 512 /* tokens of one alternative */
#define ALTS_MAX 64

/* Beside the bytes themselves. */
enum token {
	TOKEN_ONE = 256, /* any byte but '/' */
	TOKEN_NAME,      /* any number of them */
	TOKEN_ANY,       /* any bytes, '/' too */
	TOKEN_END
};

struct sequence {
	uint16_t *token; /* enum token, or a byte */
	size_t n;
};

/* What one part of an expression can be. */
struct alts {
	struct sequence list[ALTS_MAX];
	size_t n;
	bool slash; /* may hold a '/' */
	bool pure;  /* '.' or "[^/]": any number of it is a token, too */
};

struct regex {
	struct arena *a;
	const char *p, *end;
	const char *why; /* not exact */
	bool failed;
};

/* From here on it is not exact any more: all that begins as it does is taken. */
void regex_fail(struct regex *x);

struct alts *alts_new(struct regex *x);
void alts_token(struct regex *x, struct alts *to, uint16_t token);
/* Each of a, then each of b. */
struct alts *alts_join(struct regex *x, const struct alts *a, const struct alts *b);

/* The whole expression; when x->failed there is none. */
struct alts *regex_parse(struct regex *x);

#endif
