/* The frame around the rooms of hearing.h: begins each in a thread of its own, begins again those
 * that fail, and keeps what they say until it is taken. One thread owns it. */
#ifndef WATCH_WINDOWS_HEARINGS_H
#define WATCH_WINDOWS_HEARINGS_H

#include "watch/windows/hearing.h"

struct hearings;

/* rooms: ended by NULL. spare: copied; may be NULL. Nothing runs yet. */
int hearings_new(struct hearings **ret, const struct hearing_room *const *rooms, const char *spare,
	struct err *e) MUST_CHECK;
/* Ends all rooms. One that does not return within ten seconds is left behind, mute. */
void hearings_free(struct hearings *h); /* accepts NULL */
void hearings_freep(struct hearings **h);

/* Begin every room with this policy, ending those that run with another one; taken over, and freed
 * when no room uses it any more. What they hear of from now on is said; NOTICE_READY tells that
 * all of them listen. What changed while none did is for the caller to look for. */
int hearings_begin(struct hearings *h, struct policy *p, struct err *e) MUST_CHECK;

/* An event (reset by hand): set while something waits to be taken. */
HANDLE hearings_heard(const struct hearings *h);
/* The oldest that was said; its spans live in a. False: nothing waits. */
bool hearings_take(struct hearings *h, struct arena *a, struct notice *ret);

/* How much was heard of, joined to what waited, and dropped for lack of room (a loss each time). */
struct hearings_counts {
	uint64_t hints, joined, dropped;
};
struct hearings_counts hearings_counts(const struct hearings *h);

#define HEARINGS_MAX 16384 /* hints that wait */
#define HEARINGS_BYTES ((size_t)8 << 20)

#endif
