/* What sudo and doas allow to whom. Field names are those of the JSON; numbers are stored: add at
 * the end only. */
#ifndef ENTITY_SUDO_RULE_H
#define ENTITY_SUDO_RULE_H

#include "entity/kind.h"

enum sudo_rule_field { SUDO_RULE_NAME, SUDO_RULE_N };

extern const struct kind kind_sudo_rule;

#endif
