/* Software that a package manager has installed. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_PACKAGE_H
#define ENTITY_PACKAGE_H

#include "entity/kind.h"

enum package_field { PACKAGE_NAME, PACKAGE_N };

extern const struct kind kind_package;

#endif
