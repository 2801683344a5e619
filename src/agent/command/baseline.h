/* The first start on a host: there is no baseline yet. */
#ifndef AGENT_COMMAND_BASELINE_H
#define AGENT_COMMAND_BASELINE_H

#include "agent/config/config.h"
#include "os/channel.h"

/* Make one as `invar init` does, when there is none; a note in the ledger says who did. The parent
 * hears by AGENT_ALIVE that it goes on. */
int baseline_ensure(const char *state_dir, const struct policy *p, const struct agent_config *c,
	struct channel *parent, struct err *e) MUST_CHECK;

#endif
