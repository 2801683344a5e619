/* Groups and their members. Field names are those of the JSON; numbers are stored: add at the end
 * only. */
#ifndef ENTITY_GROUP_H
#define ENTITY_GROUP_H

#include "entity/kind.h"

enum group_field { GROUP_NAME, GROUP_N };

extern const struct kind kind_group;

#endif
