/* What the service control manager of Windows says in numbers, as words. Pure; the numbers are
 * those of winsvc.h and winnt.h ([MS-SCMR] 2.2), which hosts that only display records do not have.
 */
#ifndef SENSOR_SERVICE_SERVICE_SCM_H
#define SENSOR_SERVICE_SERVICE_SCM_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "entity/service.h"

/* "own-process", "share-process, interactive", "kernel-driver", … */
void scm_type_to_text(uint32_t type, struct buf *ret);
bool scm_is_driver(uint32_t type);
/* Whether it starts by itself: a word of the field `enabled`; -1: a number we do not know. */
int scm_enabled(uint32_t start, bool delayed);
/* "running", "stopped", "paused"; of what is on its way: "starting", … */
const char *scm_status(uint32_t state);       /* NULL: a number we do not know */
const char *scm_error_control(uint32_t n);    /* the same */
const char *scm_sid_type(uint32_t n);         /* the same */
const char *scm_launch_protected(uint32_t n); /* the same; "none" for 0 */

/* The state that one on its way leads to: of "starting" that of "running". */
uint32_t scm_settled(uint32_t state);

/* How it stands. */
struct scm_state {
	uint32_t state, exit,
		specific; /* dwCurrentState, dwWin32ExitCode, dwServiceSpecificExitCode */
	int enabled;      /* of scm_enabled */
	bool triggered;   /* something starts it when it is needed */
	bool driver;
	bool dead; /* its process is gone although the manager says that it runs */
};
/* As on Linux: what comes and goes by itself is on-demand. -1: not to be said. */
int scm_service_state(const struct scm_state *s);
/* Did the last run end badly? ERROR_SERVICE_NEVER_STARTED (1077) is no run. */
bool scm_has_failed(const struct scm_state *s);
/* "exit-code", "crash", "timeout", … as systemd's words where the meaning is the same. */
const char *scm_result(uint32_t exit);
#define SCM_CRASHED 1067u /* ERROR_PROCESS_ABORTED */
/* "exit code 3", "exit code 3 (service-specific)", "error 1067 (its process ended unexpectedly)".
 */
struct span scm_exit(uint32_t exit, uint32_t specific, struct arena *a);

/* SC_ACTION: "restart after 60000 ms". */
struct span scm_action(uint32_t type, uint32_t delay_ms, struct arena *a);

/* SERVICE_TRIGGER, its data items apart. */
struct scm_trigger {
	uint32_t type, action;
	const uint8_t *subtype; /* GUID, 16 bytes as in memory; NULL: none */
};
/* "start: ip-address {4F27F2DE-…} arrived"; items follow by scm_trigger_item. */
void scm_trigger_to_text(const struct scm_trigger *t, struct buf *ret);
/* One data item behind it: bytes of a string are UTF-8 already, anything else is hexadecimal; what
 * is longer than 128 bytes is cut. */
void scm_trigger_item(struct span data, bool is_text, struct buf *ret);

#endif
