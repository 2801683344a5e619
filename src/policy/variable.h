/* ${name} in the texts of patterns: `variables` of the policy, ${env.NAME} of the process. */
#ifndef POLICY_VARIABLE_H
#define POLICY_VARIABLE_H

#include "policy/tree.h"

#define VARIABLES_MAX 1000

struct variable {
	const struct node *name, *value;
	bool used;
};

struct variables {
	struct variable *list; /* malloced */
	size_t n, cap;
};
void variables_done(struct variables *v);

/* Take the map of one file; a name defined again in a later file is replaced. */
void variables_add(struct variables *v, const struct node *map, struct arena *a,
	struct problems *problems);

/* The text of a scalar with its variables replaced, in a. ERR_POLICY after a problem was added.
 * Windows' places (policy/place.h) are there without being defined. In what is written for Windows
 * (path_is_windows, or "${windows}\…") and where `plain`, '\' is no escape.
 * *ret_user is set when the value depends on who runs the program (HOME, USER …), else kept. */
int variables_expand(struct variables *v, const struct node *n, struct arena *a, struct span *ret,
	const char **ret_user, bool plain, struct problems *problems, struct err *e) MUST_CHECK;

#endif
