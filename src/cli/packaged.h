/* check --packages. */
#ifndef CLI_PACKAGED_H
#define CLI_PACKAGED_H

#include "cli/findings.h"

/* Compare what there is with what packages delivered; the exit status, or an error. */
int packaged_run(struct session *s, const struct scan_options *scan, int fail_on, bool exit_zero,
	struct err *e) MUST_CHECK;

#endif
