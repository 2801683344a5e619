/* The doors of the rooms, for the table in rooms.c alone. */
#ifndef WATCH_WINDOWS_ROOMS_H
#define WATCH_WINDOWS_ROOMS_H

#include "watch/windows/hearing.h"

/* extern const struct hearing_room hearing_NAME; one line each, and one in rooms.c */
extern const struct hearing_room hearing_folders;
extern const struct hearing_room hearing_polled;
extern const struct hearing_room hearing_processes;
extern const struct hearing_room hearing_registry;
extern const struct hearing_room hearing_services;
extern const struct hearing_room hearing_standstill;
extern const struct hearing_room hearing_wmi_events;

/* For tests under Wine, where the manager does not tell enough to do without lists: each service is
 * subscribed to all the same. */
extern const struct hearing_room hearing_services_each;

#endif
