/* What is mounted where, and how. Field names are those of the JSON; numbers are stored: add at the
 * end only. */
#ifndef ENTITY_MOUNT_H
#define ENTITY_MOUNT_H

#include "entity/kind.h"

enum mount_field { MOUNT_NAME, MOUNT_N };

extern const struct kind kind_mount;

#endif
