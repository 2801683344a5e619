/* The parent: starts the other roles, starts again what ends, speaks with the service manager, and
 * passes on what it is asked to. It opens no file and reads nothing but its children's words. */
#ifndef AGENT_SERVICE_PARENT_H
#define AGENT_SERVICE_PARENT_H

#include "agent/config/config.h"

struct parent_setup {
	const char *state_dir; /* absolute, without symbolic links */
	const char *policy_path, *config_path;
	const struct policy *policy; /* as it was when we started */
	const struct agent_config *config;
	int control; /* listening socket, or -1 */
	int lock;    /* held by us alone */
};

/* Until asked to stop: 0 then; else what the collector could not begin for: an exit status. */
int parent_run(const struct parent_setup *setup, struct err *e) MUST_CHECK;

#endif
