/* Telling the service manager how we are: sd_notify(3) without its library. */
#ifndef AGENT_SERVICE_NOTIFY_H
#define AGENT_SERVICE_NOTIFY_H

#include <stdint.h>

#include "core/attr.h"

/* Takes $NOTIFY_SOCKET and $WATCHDOG_USEC out of the environment; call once, before anything that
 * takes rights away. *ret_watchdog: ns between two signs of life at most; 0: nobody waits for any.
 */
void notify_open(int64_t *ret_watchdog);
/* "READY=1", several in one: a line each. Nothing happens without a service manager. */
void notify_say(const char *fmt, ...) PRINTF(1, 2);

#endif
