/* Groups. Field names are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_GROUP_H
#define ENTITY_GROUP_H

#include "entity/kind.h"

enum group_field {
	GROUP_GID,
	GROUP_MEMBERS,
	GROUP_ADMINISTRATORS,
	GROUP_SHADOW_MEMBERS,
	GROUP_PASSWORD,
	GROUP_PASSWORD_SCHEME,
	GROUP_PASSWORD_DIGEST,
	GROUP_PASSWORD_EXPOSED,
	GROUP_DUPLICATE_GID,
	GROUP_DUPLICATE,
	GROUP_CLASS,
	GROUP_SOURCE,
	GROUP_LINE,
	GROUP_SID,
	GROUP_COMMENT,
	GROUP_MEMBER_NAMES,
	GROUP_N
};

extern const struct kind kind_group;

#endif
