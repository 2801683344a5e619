/* What is mounted, and what fstab says about it. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_MOUNT_H
#define ENTITY_MOUNT_H

#include "entity/kind.h"

enum mount_field {
	MOUNT_SOURCE,
	MOUNT_TYPE,
	MOUNT_OPTIONS,
	MOUNT_SUPER_OPTIONS,
	MOUNT_ROOT,
	MOUNT_PROPAGATION,
	MOUNT_DEVICE,
	MOUNT_MOUNTED,
	MOUNT_COVERED,
	MOUNT_BIND,
	MOUNT_READ_ONLY,
	MOUNT_NOSUID,
	MOUNT_NODEV,
	MOUNT_NOEXEC,
	MOUNT_FSTAB_SOURCE,
	MOUNT_FSTAB_TYPE,
	MOUNT_FSTAB_OPTIONS,
	MOUNT_LACKS,
	MOUNT_DIFFERS,
	MOUNT_AUTOMOUNT,
	MOUNT_N
};

extern const struct kind kind_mount;

#endif
