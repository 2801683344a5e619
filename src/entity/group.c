#include "entity/group.h"

#include "core/attr.h"

static const struct field fields[] = {
	[GROUP_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == GROUP_N, "every group_field needs a row");

const struct kind kind_group = {
	.name = "group",
	.text = "groups and their members",
	.id = 7,
	.fields = fields,
	.n_fields = GROUP_N,
};
