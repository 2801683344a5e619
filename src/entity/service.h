/* Systemd units, SysV and OpenRC services, services and drivers of Windows. Field names are those
 * of the JSON; numbers are stored: add at the end only. Never in one file with windows.h, whose
 * macros bear some of these names. */
#ifndef ENTITY_SERVICE_H
#define ENTITY_SERVICE_H

#include "entity/kind.h"

enum service_field {
	SERVICE_MANAGER,
	SERVICE_DESCRIPTION,
	SERVICE_STATE,
	SERVICE_ENABLED,
	SERVICE_WANTED_BY,
	SERVICE_REQUIRED_BY,
	SERVICE_ALIASES,
	SERVICE_TRIGGERED_BY,
	SERVICE_FRAGMENT,
	SERVICE_SHA256,
	SERVICE_PACKAGE,
	SERVICE_DROP_INS,
	SERVICE_DROP_INS_SHA256,
	SERVICE_TYPE,
	SERVICE_EXEC_START,
	SERVICE_EXEC_EXTRA,
	SERVICE_USER,
	SERVICE_GROUP,
	SERVICE_WORKING_DIRECTORY,
	SERVICE_ROOT_DIRECTORY,
	SERVICE_ENVIRONMENT,
	SERVICE_ENVIRONMENT_FILES,
	SERVICE_LD_ENVIRONMENT,
	SERVICE_RESTART,
	SERVICE_SANDBOX,
	SERVICE_ON_FAILURE,
	SERVICE_BUS_NAME,
	SERVICE_LISTEN,
	SERVICE_SCHEDULE,
	SERVICE_WATCHES,
	SERVICE_STARTS,
	SERVICE_RUNLEVELS,
	SERVICE_RESULT,
	SERVICE_EXIT,
	SERVICE_FAILURES,
	SERVICE_LAST_FAILURE,
	SERVICE_RELOAD_NEEDED,
	SERVICE_LOAD,
	SERVICE_ACTIVE,
	SERVICE_SUB,
	SERVICE_MAIN_PID,
	SERVICE_RESTARTS,
	SERVICE_STARTED,
	SERVICE_EXITED,
	SERVICE_LAST_RUN,
	SERVICE_NEXT_RUN,
	SERVICE_JOURNAL,
	SERVICE_SOURCE_PATH,
	SERVICE_PRESET,
	SERVICE_DISPLAY_NAME,
	SERVICE_STATUS_WORD,
	SERVICE_PROGRAM,
	SERVICE_UNQUOTED,
	SERVICE_DLL,
	SERVICE_DLL_SHA256,
	SERVICE_DEPENDS,
	SERVICE_FAILURE_ACTIONS_LIST,
	SERVICE_SETTINGS,
	SERVICE_DACL,
	SERVICE_COPIES,
	SERVICE_N
};

enum service_manager {
	SERVICE_SYSTEMD,
	SERVICE_SYSTEMD_USER,
	SERVICE_SYSV,
	SERVICE_OPENRC,
	SERVICE_SCM,
	SERVICE_MANAGER_N
};

/* Whether it does what it is there for. What comes and goes by itself (a oneshot, what a timer, a
 * path or a message starts) is on-demand as long as it does not fail, so that all that is left are
 * changes somebody should know of. */
enum service_state {
	SERVICE_RUNNING,    /* a service that should run does */
	SERVICE_WAITING,    /* a socket, timer or path that is set */
	SERVICE_STOPPED,    /* it is not active */
	SERVICE_FAILED,     /* it ended otherwise than it should, or could not be started */
	SERVICE_RESTARTING, /* it did, and is about to be started again */
	SERVICE_ON_DEMAND,  /* runs when it is called for */
	SERVICE_DONE,       /* a oneshot that ran at boot and whose work is to stay: a firewall */
	SERVICE_STATE_N
};

/* Words of `enabled` that only Windows has, and the one that both have. */
enum service_enabled {
	SERVICE_ENABLED_DISABLED = 8,
	SERVICE_ENABLED_BOOT = 11,
	SERVICE_ENABLED_SYSTEM,
	SERVICE_ENABLED_AUTOMATIC,
	SERVICE_ENABLED_DELAYED,
	SERVICE_ENABLED_MANUAL,
	SERVICE_ENABLED_N
};

extern const struct kind kind_service;

#endif
