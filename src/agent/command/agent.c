/* invar agent: what a service needs before it runs. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/command/commands.h"
#include "agent/config/config.h"
#include "agent/control/control_socket.h"
#include "agent/log.h"
#include "agent/service/lock.h"
#include "agent/service/parent.h"
#include "cli/problems.h"
#include "core/mem.h"
#include "os/file.h"

static struct {
	const char *config;
} arg = { .config = AGENT_CONFIG_DEFAULT };

static const struct option_row options[] = {
	OPT_FILE(0, "config", &arg.config, "PATH",
		"the agent's settings (default " AGENT_CONFIG_DEFAULT ")"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar agent", "what the service runs; in a terminal: until interrupted" },
	{ "invar agent --policy rules/ --state /tmp/try --config try.yaml",
		"try it without touching the system" },
	{ NULL, NULL },
};

static void agent_config_donep(struct agent_config *c)
{
	agent_config_done(c);
}

static int load_config(struct agent_config *ret, struct err *e)
{
	AUTO(problems) problems = { 0 };
	int rc = agent_config_at(ret, arg.config, &problems, e);

	problems_print(&problems, e);
	return rc == ERR_MISSING ? (e->code = ERR_POLICY) : rc;
}

/* From here on the session is not needed, but for its policy. */
static int serve(struct session *s, const struct agent_config *c, const char *state_dir,
	struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	const char *here = arg.config[0] == '/' ? NULL : file_here(arena);
	struct parent_setup p = { .state_dir = state_dir,
		.policy_path = s->policy_path,
		.config_path = here ? file_join(arena, here, arg.config) : arg.config,
		.policy = s->policy,
		.config = c,
		.control = -1,
		.lock = -1 };
	int rc = agent_lock(&p.lock, state_dir, c->control, e);

	if (rc == 0 && c->control)
		rc = control_listen(&p.control, c->control, e);
	if (rc == 0)
		rc = parent_run(&p, e);
	if (p.control >= 0) {
		unlink(c->control);
		close(p.control);
	}
	if (p.lock >= 0)
		close(p.lock);
	return rc;
}

/* The folder may not be there yet; what leads to it must be. */
static int find_state(const char *dir, char **ret, struct err *e)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make the state folder '%.300s'", dir);
	*ret = realpath(dir, NULL);
	return *ret ? 0 : err_sys(e, "cannot find the state folder '%.300s'", dir);
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	__attribute__((cleanup(agent_config_donep))) struct agent_config c = { 0 };
	char *state_dir = NULL;
	int rc;

	(void)argc, (void)argv;
	if (s->root)
		return err_set(e, ERR_USAGE,
			"the agent watches the host it runs on: --root is "
			"for other commands");
	umask(077);
	rc = load_config(&c, e);
	if (rc == 0)
		rc = find_state(s->state_dir, &state_dir, e);
	if (rc == 0)
		rc = serve(s, &c, state_dir, e);
	free(state_dir);
	return rc;
}

const struct command command_agent = {
	.name = "agent",
	.args = "",
	.text = "watch in real time, scan on a schedule, send records out: the service",
	.about =
		"Runs until it is stopped. Makes the baseline when there is none. SIGHUP loads the "
		"policy again, SIGTERM ends it in order. docs/AGENT.md tells of its processes, "
		"their rights and its settings.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY,
	.run = run,
};
