/* Sockets that listen or are bound, with their owner. Field names are those of the JSON; numbers
 * are stored: add at the end only. */
#ifndef ENTITY_PORT_H
#define ENTITY_PORT_H

#include "entity/kind.h"

enum port_field { PORT_NAME, PORT_N };

extern const struct kind kind_port;

#endif
