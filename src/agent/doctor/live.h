/* `invar watch` in a process of its own, and what it prints, record by record. */
#ifndef AGENT_DOCTOR_LIVE_H
#define AGENT_DOCTOR_LIVE_H

#include <sys/types.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define LIVE_RECORDS_MAX 4096 /* further ones are not kept */

/* What is kept of a change. Texts live in the arena. */
struct live_record {
	const char *kind, *key, *change;
	int64_t read; /* monotonic, when it came */
	uint32_t pid; /* of who; 0: not known */
	bool others;  /* more processes than that did something of this kind since the last look */
	const char *exe; /* of who; NULL: not known */
};

struct live {
	pid_t pid;
	int out, err;          /* pipes */
	struct buf line, said; /* what has come of a line; of its errors */
	struct arena *arena;
	struct live_record *list;
	size_t n;
	bool ended;
	bool ready; /* what changes from now on is seen */
};

/* Starts this very program. */
int live_start(struct live *l, struct arena *a, const char *policy, const char *state,
	struct err *e) MUST_CHECK;
/* Wait until what changes is seen. False: it did not come to that, or ended. */
bool live_ready(struct live *l, int ms);
/* Wait until a record behind the first `from` fits, at most ms: NULL then, or when it ended.
 * change NULL: any. */
const struct live_record *live_wait(struct live *l, size_t from, const char *kind, const char *key,
	const char *change, int ms);
void live_stop(struct live *l); /* accepts what is zeroed */

/* One line of JSON; false: no change. *ret_ready: it says that the first survey is over. */
bool live_parse(struct span line, struct arena *a, struct live_record *ret, bool *ret_ready);

#endif
