/* Values of /proc/sys, and what is configured for them. Field names are those of the JSON; numbers
 * are stored: add at the end only. */
#ifndef ENTITY_SYSCTL_H
#define ENTITY_SYSCTL_H

#include "entity/kind.h"

enum sysctl_field {
	SYSCTL_VALUE,
	SYSCTL_CONFIGURED,
	SYSCTL_FILE,
	SYSCTL_DIFFERS,
	SYSCTL_MODE,
	SYSCTL_N
};

extern const struct kind kind_sysctl;

#endif
