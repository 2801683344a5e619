#include "entity/group.h"

#include "core/attr.h"
#include "entity/user.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[GROUP_GID] = { "gid", FIELD_NUMBER, STD,
		"number of the group; on Windows the last part of its SID", NULL },
	[GROUP_MEMBERS] = { "members", FIELD_LIST, STD,
		"its members; not those whose primary group it is; on Windows their SIDs", NULL },
	[GROUP_ADMINISTRATORS] = { "administrators", FIELD_LIST, STD,
		"who may add and remove members", NULL },
	[GROUP_SHADOW_MEMBERS] = { "shadow_members", FIELD_LIST, STD,
		"members by gshadow, where those differ: they may join by newgrp", NULL },
	[GROUP_PASSWORD] = { "password", FIELD_CHOICE, STD,
		"set: whoever knows it may join by newgrp; as of a user", password_state_names },
	[GROUP_PASSWORD_SCHEME] = { "password_scheme", FIELD_TEXT, STD,
		"how the password is hashed", NULL },
	[GROUP_PASSWORD_DIGEST] = { "password_digest", FIELD_DIGEST,
		STD | FIELD_SECRET | FIELD_LOCAL,
		"keyed digest of the password's hash: differs when the password does", NULL },
	[GROUP_PASSWORD_EXPOSED] = { "password_exposed", FIELD_FLAG, STD,
		"the hash stands in group, which everybody reads", NULL },
	[GROUP_DUPLICATE_GID] = { "duplicate_gid", FIELD_FLAG, STD,
		"another group has the same gid", NULL },
	[GROUP_DUPLICATE] = { "duplicate", FIELD_FLAG, STD,
		"the name stands in the file more than once; the first one counts", NULL },
	[GROUP_CLASS] = { "class", FIELD_CHOICE, STD,
		"system or human by GID_MIN and GID_MAX of login.defs; other: above",
		account_class_names },
	[GROUP_SOURCE] = { "source", FIELD_TEXT, STD, "the file it stands in", NULL },
	[GROUP_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL, "line in that file",
		NULL },
	[GROUP_SID] = { "sid", FIELD_TEXT, STD | FIELD_LOCAL,
		"security identifier (Windows): stays when the group is renamed", NULL },
	[GROUP_COMMENT] = { "comment", FIELD_TEXT, STD, "description (Windows)", NULL },
	[GROUP_MEMBER_NAMES] = { "member_names", FIELD_LIST, FIELD_VOLATILE | FIELD_LOCAL,
		"names of the members that this host knows by itself (Windows)", NULL },
};
_Static_assert(ARRAY_LEN(fields) == GROUP_N, "every group_field needs a row");

const struct kind kind_group = {
	.name = "group",
	.text = "groups and their members",
	.id = 7,
	.fields = fields,
	.n_fields = GROUP_N,
};
