/* The PAM stacks, rule by rule. Field names are those of the JSON; numbers are stored: add at the
 * end only. */
#ifndef ENTITY_PAM_RULE_H
#define ENTITY_PAM_RULE_H

#include "entity/kind.h"

enum pam_rule_field {
	PAM_RULE_SERVICE,
	PAM_RULE_TYPE,
	PAM_RULE_CONTROL,
	PAM_RULE_MODULE,
	PAM_RULE_ARGUMENTS,
	PAM_RULE_OPTIONAL,
	PAM_RULE_AFTER,
	PAM_RULE_REFERENCE,
	PAM_RULE_PATH,
	PAM_RULE_MISSING,
	PAM_RULE_PACKAGE,
	PAM_RULE_SHA256,
	PAM_RULE_FILE,
	PAM_RULE_FILE_UID,
	PAM_RULE_WRITABLE,
	PAM_RULE_LINE,
	PAM_RULE_N
};

extern const struct kind kind_pam_rule;

#endif
