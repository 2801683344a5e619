/* What boots: kernels, initial file systems, boot loader, command line, Secure Boot. Field names
 * are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_BOOT_H
#define ENTITY_BOOT_H

#include "entity/kind.h"

enum boot_field { BOOT_NAME, BOOT_N };

extern const struct kind kind_boot;

#endif
