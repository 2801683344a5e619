/* Systemd units, SysV and OpenRC services. Field names are those of the JSON; numbers are stored:
 * add at the end only. */
#ifndef ENTITY_SERVICE_H
#define ENTITY_SERVICE_H

#include "entity/kind.h"

enum service_field { SERVICE_NAME, SERVICE_N };

extern const struct kind kind_service;

#endif
