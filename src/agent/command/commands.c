#include "agent/command/commands.h"

const struct command *const agent_commands[] = {
	&command_watch,
	&command_agent,
	&command_doctor,
	&command_status,
	&command_policy_apply,
	NULL,
};

/* Its processes are forks. */
bool agent_child(int argc, char **argv, int *ret)
{
	(void)argc, (void)argv, (void)ret;
	return false;
}
