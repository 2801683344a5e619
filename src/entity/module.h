/* Kernel modules, and the kernel's taint. Field names are those of the JSON; numbers are stored:
 * add at the end only. */
#ifndef ENTITY_MODULE_H
#define ENTITY_MODULE_H

#include "entity/kind.h"

enum module_field { MODULE_NAME, MODULE_N };

extern const struct kind kind_module;

#endif
