/* Collecting what is wrong with a policy. */
#ifndef POLICY_PROBLEM_H
#define POLICY_PROBLEM_H

#include "policy/policy.h"

#define PROBLEMS_MAX 100 /* kept; more are counted and summed up */

/* Where a problem is; line 0 is the whole file. */
struct place {
	const char *file;
	unsigned line, column;
};

void problem_add(struct problems *p, enum problem_level level, const char *code, struct place at,
	const char *rule, const char *fmt, ...) PRINTF(6, 7);

/* By file, line, column. */
void problems_sort(struct problems *p);

/* Sorts them; ERR_POLICY: "the policy has 2 errors, first: …". what: "the policy". */
int problems_sum_up(struct problems *p, const char *what, struct err *e);

/* " (did you mean 'x'?)" when one of the names, ended by NULL, is close to what was written; else
 * "". Lives in a. */
const char *problem_guess(struct arena *a, struct span written, const char *const *names);

/* The text as it may be shown: foreign bytes escaped, cut when long. Lives in a. */
const char *problem_quote(struct arena *a, struct span text);

#endif
