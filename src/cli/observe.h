/* What init and check share: observing with progress on the terminal. */
#ifndef CLI_OBSERVE_H
#define CLI_OBSERVE_H

#include "cli/progress.h"
#include "cli/records.h"

/* Set by set-up, then given to the pipeline as listener.ctx. */
struct observing {
	struct session *session;
	struct progress progress;
	record_fn *record; /* each finding; may be NULL */
	void *ctx;         /* for record */
	struct buf by;
};

/* o must not move and lives as long as the listener. */
struct check_listener observing_listener(struct observing *o, struct session *s);
void observing_done(struct observing *o);

/* Append "48,213 files, 3 ports" of a summary, or "48,216 entities of 12 kinds". */
void summary_entities(struct buf *ret, const struct check_summary *sum);
uint64_t summary_total(const struct check_summary *sum);
/* Append "in 3.2 s (412.0 MiB read, 15,066 a second)". */
void summary_speed(struct buf *ret, const struct check_summary *sum);

#endif
