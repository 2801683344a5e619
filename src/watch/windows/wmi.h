/* What two rooms share as to WMI: the one that asks by schedule (polled.c), and the one that hears
 * of events (wmi_events.c), which may hang in a call of COM. */
#ifndef WATCH_WINDOWS_WMI_H
#define WATCH_WINDOWS_WMI_H

#include "watch/windows/hearing.h"

/* The next rule in real time; *at begins at 0. */
bool wmi_rule(const struct hearing *h, size_t *at, struct rule_asks *ret);
/* Ask this rule's query again. */
void wmi_hint(struct hearing *h, const char *rule, const char *why);

#endif
