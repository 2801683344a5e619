#include "entity/pam_rule.h"

#include "core/attr.h"

static const struct field fields[] = {
	[PAM_RULE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PAM_RULE_N, "every pam_rule_field needs a row");

const struct kind kind_pam_rule = {
	.name = "pam-rule",
	.text = "the PAM stacks, rule by rule",
	.id = 17,
	.fields = fields,
	.n_fields = PAM_RULE_N,
};
