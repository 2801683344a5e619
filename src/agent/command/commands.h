/* The agent's commands, for the program's table (cli/command.h). */
#ifndef AGENT_COMMAND_COMMANDS_H
#define AGENT_COMMAND_COMMANDS_H

#include "cli/command.h"

/* True: the program was begun by the agent, to be a part of it, and was; *ret is its exit status.
 * For main, before it looks for commands. */
bool agent_child(int argc, char **argv, int *ret);

/* In the order of help; ended by NULL. */
extern const struct command *const agent_commands[];

extern const struct command command_agent;
/* of Windows */
extern const struct command command_agent_install;
extern const struct command command_agent_start;
extern const struct command command_agent_stop;
extern const struct command command_agent_uninstall;
extern const struct command command_policy_apply;
extern const struct command command_status;
extern const struct command command_watch;
extern const struct command command_doctor;

#endif
