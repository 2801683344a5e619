/* Containers and container images. Field names are those of the JSON; numbers are stored: add at
 * the end only. */
#ifndef ENTITY_CONTAINER_H
#define ENTITY_CONTAINER_H

#include "entity/kind.h"

enum container_field { CONTAINER_NAME, CONTAINER_N };

extern const struct kind kind_container;

#endif
