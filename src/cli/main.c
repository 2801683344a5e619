/* invar: the program joins the command tables of its parts. */
#include "agent/command/commands.h"
#include "cli/command.h"
#include "os/program.h"

int main(int argc, char **argv)
{
	static const struct command *const *const tables[] = { cli_commands, agent_commands,
		cli_last_commands, NULL };
	int status;

	program_begin(&argc, &argv);
	if (agent_child(argc, argv, &status))
		return status;
	return cli_main(tables, argc, argv);
}
