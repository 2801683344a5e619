/* What sudo and doas allow. Field names are those of the JSON; numbers are stored: add at the end
 * only. */
#ifndef ENTITY_SUDO_RULE_H
#define ENTITY_SUDO_RULE_H

#include "entity/kind.h"

enum sudo_rule_field {
	SUDO_RULE_TYPE,
	SUDO_RULE_WHO,
	SUDO_RULE_HOSTS,
	SUDO_RULE_AS_USERS,
	SUDO_RULE_AS_GROUPS,
	SUDO_RULE_COMMANDS,
	SUDO_RULE_TAGS,
	SUDO_RULE_DIGESTS,
	SUDO_RULE_NOPASSWD,
	SUDO_RULE_ANY_COMMAND,
	SUDO_RULE_AS_ROOT,
	SUDO_RULE_SETTING,
	SUDO_RULE_VALUE,
	SUDO_RULE_SCOPE,
	SUDO_RULE_FILE,
	SUDO_RULE_FILE_UID,
	SUDO_RULE_WRITABLE,
	SUDO_RULE_LINE,
	SUDO_RULE_N
};

/* Stored. */
enum sudo_rule_type { SUDO_RULE, SUDO_DEFAULTS, SUDO_INCLUDE, DOAS_PERMIT, DOAS_DENY, SUDO_TYPE_N };

extern const struct kind kind_sudo_rule;

#endif
