/* What became of a policy, in words. */
#ifndef CHANGE_POLICY_NOTE_H
#define CHANGE_POLICY_NOTE_H

#include "core/buf.h"
#include "policy/policy.h"

/* Append which rules are no longer in force and which are new: "; no longer in force: sudo, pam;
 * new: web". Nothing when the rules have the same names. before may be NULL: then nothing is known.
 */
void policy_note_rules(const struct policy *before, const struct policy *now, struct buf *ret);

#endif
