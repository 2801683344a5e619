/* The PAM stacks, rule by rule. Field names are those of the JSON; numbers are stored: add at the
 * end only. */
#ifndef ENTITY_PAM_RULE_H
#define ENTITY_PAM_RULE_H

#include "entity/kind.h"

enum pam_rule_field { PAM_RULE_NAME, PAM_RULE_N };

extern const struct kind kind_pam_rule;

#endif
