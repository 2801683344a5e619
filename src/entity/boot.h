/* What the machine started from and in which state of trust. Field names are those of the JSON;
 * numbers are stored: add at the end only. */
#ifndef ENTITY_BOOT_H
#define ENTITY_BOOT_H

#include "entity/kind.h"

enum boot_field {
	BOOT_TYPE,
	BOOT_VALUE,
	BOOT_CONFIGURED,
	BOOT_DIFFERS,
	BOOT_SHA256,
	BOOT_SIZE,
	BOOT_PACKAGE,
	BOOT_RELEASE,
	BOOT_RUNNING,
	BOOT_NEWEST,
	BOOT_FILES,
	BOOT_ITEMS,
	BOOT_ENABLED,
	BOOT_NOW,
	BOOT_N
};

extern const struct kind kind_boot;

#endif
