#include "entity/sudo_rule.h"

#include "core/attr.h"

static const struct field fields[] = {
	[SUDO_RULE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SUDO_RULE_N, "every sudo_rule_field needs a row");

const struct kind kind_sudo_rule = {
	.name = "sudo-rule",
	.text = "what sudo and doas allow to whom",
	.id = 16,
	.fields = fields,
	.n_fields = SUDO_RULE_N,
};
