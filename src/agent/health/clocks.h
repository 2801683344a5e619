/* Somebody set the clock, or the host slept: what the ledger's times are worth afterwards. */
#ifndef AGENT_HEALTH_CLOCKS_H
#define AGENT_HEALTH_CLOCKS_H

#include "core/buf.h"
#include "core/err.h"

/* Read together, ns. */
struct clocks {
	int64_t wall; /* since epoch */
	int64_t boot; /* since boot, sleep included: never steps */
	int64_t runs; /* the same without sleep */
};

/* What happened between was and now: each a note of the ledger, empty when it did not. Steps below
 * a second are how clocks are kept right. Pure. */
void clocks_compare(const struct clocks *was, const struct clocks *now, struct buf *ret_step,
	struct buf *ret_sleep);

struct clocks clocks_read(void);
/* What happened since `seen` was read is said to note; `seen` is what was read now. */
void clocks_note(struct clocks *seen, void (*note)(void *ctx, const char *what, const char *text),
	void *ctx);

struct event_base;
struct clock_watch;

/* clock_watch.c, Linux. note: of the ledger. The kernel tells; nothing is polled. */
int clock_watch_new(struct clock_watch **ret, struct event_base *base,
	void (*note)(void *ctx, const char *what, const char *text), void *ctx,
	struct err *e) MUST_CHECK;
void clock_watch_free(struct clock_watch *w); /* accepts NULL */

#endif
