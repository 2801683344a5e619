#include "change/policy_note.h"

#define NAMED 12 /* rules by name; of more their number */

/* The rules of `some` that `others` does not have. */
static void add_missing(const struct policy *some, const struct policy *others, const char *title,
	struct buf *ret)
{
	const struct rule *const *rules = policy_rules(some);
	size_t n = 0;

	for (size_t i = 0; rules[i]; i++) {
		if (policy_rule(others, span_of(rules[i]->id)))
			continue;
		if (n < NAMED)
			buf_addf(ret, "%s%s", n == 0 ? title : ", ", rules[i]->id);
		n++;
	}
	if (n > NAMED)
		buf_addf(ret, " and %zu more", n - NAMED);
}

void policy_note_rules(const struct policy *before, const struct policy *now, struct buf *ret)
{
	if (!before)
		return;
	add_missing(before, now, "; no longer in force: ", ret);
	add_missing(now, before, "; new: ", ret);
}
