/* The command line under the collector's confinement: what a room finds so, it finds in the agent.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "agent/command/commands.h"
#include "agent/service/role.h"

int main(int argc, char **argv)
{
	static const struct command *const *const tables[] = { cli_commands, agent_commands, NULL };
	static const struct route *const none[] = { NULL };
	struct agent_config c = { .routes = none };
	AUTO(buf) text = BUF_INIT(4096);
	struct err e = { 0 };

	if (role_confine(ROLE_PARENT, &c, &text, &e) < 0) {
		fprintf(stderr, "confined: %s\n", e.text);
		return 99;
	}
	confine_raise_all();
	if (role_confine(ROLE_COLLECTOR, &c, &text, &e) < 0) {
		fprintf(stderr, "confined: %s\n", e.text);
		return 99;
	}
	umask(022); /* as for a command line */
	return cli_main(tables, argc, argv);
}
