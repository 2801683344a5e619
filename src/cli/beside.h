/* A key of the registry and its values are entities of two kinds, each with rules of its own: who
 * asks about one may mean the other. */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include "core/arena.h"
#include "policy/policy.h"

enum beside_watched {
	BESIDE_NO,
	BESIDE_SOME, /* some are: those that a rule names, that meet its tests, or deeper ones */
	BESIDE_YES,
	BESIDE_N,
};
extern const char *const beside_words[BESIDE_N]; /* printed in JSON */

struct beside {
	const struct kind *kind; /* the other one */
	const char *what;        /* "its values" */
	enum beside_watched watched;
	struct selection held; /* the rules, where one can name them */
};

/* False: nothing of another kind goes with this entity. */
bool beside_find(const struct policy *p, const struct kind *k, struct span key, struct beside *ret);

#endif
