#include "agent/command/commands.h"

#include "agent/survey/windows/child.h"

const struct command *const agent_commands[] = {
	&command_watch,
	&command_agent_install, /* before `agent`, which the first word alone names */
	&command_agent_uninstall,
	&command_agent_start,
	&command_agent_stop,
	&command_agent,
	&command_doctor,
	&command_status,
	&command_policy_apply,
	NULL,
};

bool agent_child(int argc, char **argv, int *ret)
{
	return survey_child_main(argc, argv, ret);
}
