/* Exit statuses: what stands for check, and the numbers of AIDE for errors. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "change/change.h"

enum exit_status {
	EXIT_CREATED = 1,
	EXIT_DELETED = 2,
	EXIT_UPDATED = 4,
	EXIT_GAP = 32,
	EXIT_WRITE = 14,
	EXIT_USAGE = 15,
	EXIT_POLICY = 17,
	EXIT_IO = 18,
	EXIT_VERSION = 19,
	EXIT_LOCKED = 21,
	EXIT_DAMAGED = 24,
	EXIT_INTERRUPTED = 25,
};

int exit_of_error(int err_code);
/* The bit a change of this type sets. */
int exit_of_change(enum change_type type);

/* What --fail-on says counts: its words, in the order of exit_counts(). */
extern const char *const fail_on_names[];
/* Whether a change counts; fail_on is an index into fail_on_names, -1 for the default. */
bool exit_counts(int fail_on, const struct change *c);

#endif
