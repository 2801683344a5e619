/* How gently a command observes: options of init and check. */
#ifndef CLI_SCAN_OPTIONS_H
#define CLI_SCAN_OPTIONS_H

#include "cli/option.h"
#include "cli/session.h"

extern const struct option_row scan_option_rows[];

/* What they ask for, below these paths (made absolute; copies live in a). */
int scan_options_make(const struct session *s, struct arena *a, char **paths, size_t n_paths,
	struct scan_options *ret, struct err *e) MUST_CHECK;

#endif
