/* The paths a check was asked for: one that leads nowhere must not read like "no changes". */
#ifndef CLI_ASKED_H
#define CLI_ASKED_H

#include "cli/session.h"

/* Does the approved or the current state have the path, or anything below it? */
int asked_known(struct session *s, struct span path, bool *ret, struct err *e) MUST_CHECK;

struct asked;

/* Before the check: what is known of these paths. Lives in a. One that nobody knows and that is not
 * there is put right in scan->below when it is a known one as it is printed (\xNN). */
int asked_new(struct asked **ret, struct session *s, struct arena *a,
	const struct scan_options *scan, struct err *e) MUST_CHECK;
/* After it: ERR_MISSING names the first path of which nothing was known and nothing was seen. */
int asked_found(const struct asked *x, const struct check_summary *sum, struct err *e) MUST_CHECK;

#endif
