/* Kernel settings below /proc/sys. Field names are those of the JSON; numbers are stored: add at
 * the end only. */
#ifndef ENTITY_SYSCTL_H
#define ENTITY_SYSCTL_H

#include "entity/kind.h"

enum sysctl_field { SYSCTL_NAME, SYSCTL_N };

extern const struct kind kind_sysctl;

#endif
