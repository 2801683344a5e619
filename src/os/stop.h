/* Ending on request: SIGINT, SIGTERM and SIGHUP ask for a clean stop; a second one ends at once. */
#ifndef OS_STOP_H
#define OS_STOP_H

#include <stdbool.h>

/* Call once at start. Writing to a closed pipe fails with EPIPE from then on. */
void stop_on_signals(void);
bool stop_asked(void);

#endif
