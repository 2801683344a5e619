/* Jobs of cron, anacron, at and systemd timers. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_CRON_H
#define ENTITY_CRON_H

#include "entity/kind.h"

enum cron_field { CRON_NAME, CRON_N };

extern const struct kind kind_cron;

#endif
