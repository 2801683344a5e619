/* Ending on request: SIGINT, SIGTERM and SIGHUP ask for a clean stop; a second one ends at once. */
#ifndef OS_STOP_H
#define OS_STOP_H

#include <stdbool.h>

/* Call once at start. Writing to a closed pipe fails with EPIPE from then on. */
void stop_on_signals(void);
bool stop_asked(void);
/* In a process begun by another one of ours, which ends it: the terminal's interrupt is not for it,
 * SIGTERM and SIGHUP end it at once; and it ends with its parent. False: the parent is gone. */
bool stop_with_parent(int parent);

#endif
