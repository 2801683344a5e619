#include "policy/model.h"

void policy_lint(const struct policy *p, struct problems *problems)
{
	(void)p;
	(void)problems;
}
