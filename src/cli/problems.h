/* What is wrong with a policy, as compilers say it: file:line:column: error: text [code]. */
#ifndef CLI_PROBLEMS_H
#define CLI_PROBLEMS_H

#include "policy/policy.h"

/* Append one line. */
void problem_text(struct buf *ret, const struct problem *p);
/* All of them to standard error; what sums them up need not name the first one again. */
void problems_print(const struct problems *p, struct err *e);

#endif
