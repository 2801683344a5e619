/* The settings, read again while the agent runs. On Linux the parent does it, and begins all
 * processes again with them; here there is one process. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/windows/collector_windows.h"
#include "agent/log.h"
#include "core/mem.h"

static void drop(struct agent_config *g)
{
	agent_config_done(g);
	free(g);
}

static int begin(struct collector *c, const struct agent_config *g, struct err *e)
{
	c->setup.config = g;
	start_schedule(c);
	return answer_routes(c, e);
}

/* Whoever else holds on to the old ones are routes that hang: then they are left to them. */
static int replace(struct collector *c, struct agent_config *g, struct err *e)
{
	const struct agent_config *before = c->setup.config;
	struct agent_config *old = c->windows->config;
	bool ended = answer_routes_end(c);
	struct err ignored;

	if (begin(c, g, e) < 0) {
		(void)!begin(c, before, &ignored);
		drop(g);
		return e->code;
	}
	c->windows->config = g;
	if (old && ended)
		drop(old);
	log_say(LOG_LEVEL_INFO, "other settings are in force");
	return 0;
}

int settings_reload(struct collector *c, struct buf *ret_text, struct err *e)
{
	AUTO(problems) problems = { 0 };
	struct agent_config *g;

	if (!c->setup.config_path || !c->setup.config)
		return 0;
	g = mem_new(sizeof *g);
	if (agent_config_at(g, c->setup.config_path, &problems, e) < 0) {
		start_refused(c, "settings-refused", "the settings were", &problems, e, ret_text);
		drop(g);
		return e->code = e->code == ERR_MISSING ? ERR_POLICY : e->code;
	}
	if (memcmp(g->digest, c->setup.config->digest, sizeof g->digest) == 0) {
		drop(g);
		return 0;
	}
	return replace(c, g, e);
}

void settings_done(struct collector *c)
{
	if (c->windows->config)
		drop(c->windows->config);
	c->windows->config = NULL;
}
