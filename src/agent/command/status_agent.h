/* What the running agent says of itself, for people. */
#ifndef AGENT_COMMAND_STATUS_AGENT_H
#define AGENT_COMMAND_STATUS_AGENT_H

#include "agent/control/told.h"
#include "cli/session.h"

/* The lines below those of the state; t: the answer to AGENT_STATUS. */
void status_agent_text(struct session *s, const struct told *t);

#endif
