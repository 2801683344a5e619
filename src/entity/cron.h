/* Jobs of cron, anacron, at, systemd timers and Windows' task scheduler. Field names are those of
 * the JSON; numbers are stored: add at the end only. */
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
	CRON_NAMED_BY,
	CRON_RUN_LEVEL,
	CRON_LOGON_TYPE,
	CRON_HIDDEN,
	CRON_AUTHOR,
	CRON_DESCRIPTION,
	CRON_DEFINITION,
	CRON_CACHED_COMMAND,
	CRON_CACHE,
	CRON_HAS_DESCRIPTOR,
	CRON_ACL,
	CRON_N
};

enum cron_type {
	CRON_CRONTAB,  /* /etc/crontab, /etc/cron.d */
	CRON_USER_TAB, /* of a user, made by crontab(1) */
	CRON_PART,     /* a file in /etc/cron.daily and its like */
	CRON_ANACRON,
	CRON_AT,
	CRON_TIMER,
	CRON_TASK, /* of Windows' task scheduler */
	CRON_TYPE_N
};

extern const struct kind kind_cron;

#endif
