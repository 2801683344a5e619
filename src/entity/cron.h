/* Jobs of cron, anacron, at and systemd timers. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_CRON_H
#define ENTITY_CRON_H

#include "entity/kind.h"

enum cron_field {
	CRON_TYPE,
	CRON_SOURCE,
	CRON_SCHEDULE,
	CRON_USER,
	CRON_COMMAND,
	CRON_INPUT,
	CRON_ENVIRONMENT,
	CRON_LD_ENVIRONMENT,
	CRON_PROGRAM,
	CRON_SHA256,
	CRON_PACKAGED,
	CRON_PACKAGE,
	CRON_STARTS,
	CRON_ENABLED,
	CRON_LINE,
	CRON_N
};

enum cron_type {
	CRON_CRONTAB,  /* /etc/crontab, /etc/cron.d */
	CRON_USER_TAB, /* of a user, made by crontab(1) */
	CRON_PART,     /* a file in /etc/cron.daily and its like */
	CRON_ANACRON,
	CRON_AT,
	CRON_TIMER,
	CRON_TYPE_N
};

extern const struct kind kind_cron;

#endif
