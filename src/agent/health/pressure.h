/* How much others wait: the kernel's pressure stall information (Documentation/accounting/psi.rst).
 */
#ifndef AGENT_HEALTH_PRESSURE_H
#define AGENT_HEALTH_PRESSURE_H

#include <stdbool.h>

#include "core/span.h"

#define PRESSURE_FOLDER "/proc/pressure" /* a test has its own */

/* Some tasks waited for CPU, memory or I/O more than this many per cent of the last 10 s. False
 * where the kernel does not say; 0 is never. */
bool pressure_high(const char *folder, unsigned percent);
/* While it is so, up to half a minute: others wait for what we take, so we wait, too. */
void pressure_wait(const char *folder, unsigned percent);
/* "some avg10=12.34 avg60=…" → 12; -1: not of this form. */
int pressure_parse(struct span text);

#endif
