/* The packet filter: tables, chains and their rules. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_FIREWALL_H
#define ENTITY_FIREWALL_H

#include "entity/kind.h"

enum firewall_field { FIREWALL_NAME, FIREWALL_N };

extern const struct kind kind_firewall;

#endif
