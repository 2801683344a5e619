/* What a rule's `expect` makes of a difference. It counts as soon as one rule that watches it does
 * not expect it; `static`, `absent` and `present` rules expect none. */
#ifndef CHANGE_EXPECT_H
#define CHANGE_EXPECT_H

#include "change/lens.h"

/* The fields that differ, are watched, and count. 0: nothing anybody asked about. */
uint64_t expect_fields(const struct view *v, const struct record *was, const struct record *is);

/* Does it count that the entity came or went? */
bool expect_existence(const struct view *v);

/* Of the rules to which a change of `fields` counts (0: that it came, went or moved), the one it is
 * reported under. NULL: no rule holds the entity. was and is may be NULL when fields is 0. */
const struct rule *expect_rule(const struct view *v, const struct record *was,
	const struct record *is, uint64_t fields);

/* Does some rule expect that this is not there? */
bool expect_absent(const struct selection *s);

#endif
