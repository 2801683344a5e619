/* What the journal of the running host says about a unit, through libsystemd where that is
 * installed. Only this boot. What it says is hostile. */
#ifndef HOST_JOURNAL_H
#define HOST_JOURNAL_H

#include "host/host.h"

/* A reader, for one scan. ERR_MISSING: there is no journal here, or no library for it. */
struct journal;
int journal_open(struct journal **ret, struct host *h, struct err *e) MUST_CHECK;
void journal_free(struct journal *j); /* accepts NULL */
void journal_freep(struct journal **j);

/* The last lines by and about a unit before a time (ns since 1970; 0: now), the newest last, at
 * most max: "TIME NAME[PID]: TEXT", each cut at 512 bytes. Returns how many; in a. */
size_t journal_lines(struct journal *j, struct span unit, int64_t before, struct arena *a,
	struct span *ret, size_t max);

/* How processes of a unit ended otherwise than well. */
struct journal_exits {
	unsigned n;   /* how many, counted up to 100 */
	int code;     /* of the last: CLD_EXITED, CLD_KILLED or CLD_DUMPED */
	int status;   /* exit code or signal */
	int64_t time; /* ns since 1970 */
};
void journal_exits(struct journal *j, struct span unit, struct journal_exits *ret);

#endif
