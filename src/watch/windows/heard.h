/* What rooms said and nobody took yet: bounded, each hint once. Any thread may put, one takes. */
#ifndef WATCH_WINDOWS_HEARD_H
#define WATCH_WINDOWS_HEARD_H

#include "watch/windows/hearings.h"

struct heard;

struct heard *heard_new(HANDLE bell); /* bell: set while something waits; the caller's */
void heard_free(struct heard *q);     /* accepts NULL */

/* More hints than HEARINGS_MAX or HEARINGS_BYTES become one loss of their kind; all else is always
 * kept, rooms saying it seldom. */
void heard_put(struct heard *q, const struct notice *n);
bool heard_take(struct heard *q, struct arena *a, struct notice *ret);
struct hearings_counts heard_counts(struct heard *q);

#endif
