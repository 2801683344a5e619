/* Hearing of changes on Windows: each means (folders, registry, services, WMI events) is a room
 * with a thread of its own that says "look again at X" until it is told to end. They say it in the
 * words of watch/notice.h. A room that cannot go on returns an error: that is told as a loss, and
 * it is begun again later. */
#ifndef WATCH_WINDOWS_HEARING_H
#define WATCH_WINDOWS_HEARING_H

#include <windows.h>

#include "policy/policy.h"
#include "sensor/sensor.h"
#include "watch/notice.h"

struct hearing;

const struct policy *hearing_policy(const struct hearing *h); /* immutable while the room runs */
const char *hearing_spare(const struct hearing *h); /* a folder never to hear of, or NULL */
HANDLE hearing_end(const struct hearing *h);        /* an event: set when the room is to return */

/* Say something; all is copied, from any thread. More hints than there is room for become a loss.
 */
void hear_hint(struct hearing *h, const struct hint *x);
void hear_loss(struct hearing *h, const struct loss *x);
void hear_means(struct hearing *h, const struct means *x);
/* What changes from now on is heard of by every means of this room. The survey at the start begins
 * when all rooms have said so, or two seconds after they were begun. */
void hear_ready(struct hearing *h);

struct hearing_room {
	const char *name; /* as in struct means: "folders", "registry", "services", "wmi" */
	/* Say which means are in force, then hint until hearing_end is set: 0 then. Returning 0
	 * before: there is nothing to hear of with this policy. An error: what it was watching is
	 * looked at again, and it is begun again after a while. */
	int (*run)(struct hearing *h, struct err *e);
};

/* All rooms, ended by NULL: watch/windows/rooms.c. */
extern const struct hearing_room *const hearing_rooms[];

#endif
