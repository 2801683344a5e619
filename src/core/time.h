/* Points in time as int64_t nanoseconds since 1970-01-01 UTC (1677 to 2262), and as text. */
#ifndef CORE_TIME_H
#define CORE_TIME_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

#define TIME_TEXT 31 /* "2026-11-23T01:02:03.123456789Z" and its NUL */
#define TIME_SECOND INT64_C(1000000000)

/* RFC 3339 with nanoseconds, UTC. */
void time_format(int64_t ns, char ret[TIME_TEXT]);
/* "2026-11-23 01:02:03", UTC, for people; ret holds TIME_TEXT bytes. */
void time_format_short(int64_t ns, char ret[TIME_TEXT]);

/* A time as people type it: RFC 3339 ("2026-11-23T01:02:03.5+09:00"; "T" may be a space; seconds,
 * the whole clock time and the zone may be left out: then UTC), "-90s", "-15m", "-2h", "-3d", "-1w"
 * before now, "now", "today" and "yesterday" (their midnights, UTC). ERR_USAGE says what was
 * expected. */
int time_parse(struct span text, int64_t now, int64_t *ret, struct err *e) MUST_CHECK;

#endif
