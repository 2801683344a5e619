/* invar policy apply: tell the running agent to load the policy now. */
#include "agent/command/commands.h"
#include "agent/config/config.h"
#include "agent/control/client.h"
#include "cli/exit.h"
#include "cli/problems.h"
#include "core/escape.h"

static const struct example examples[] = {
	{ "invar policy apply", "after a change in /etc/invar/policy.d" },
	{ NULL, NULL },
};

/* What is wrong is said here with its places, and does not reach the agent. */
static int lint(struct session *s, struct err *e)
{
	AUTO(problems) found = { 0 };
	struct policy *p = NULL;
	int rc = policy_load(&p, s->policy_path, true, &found, e);

	problems_print(&found, e);
	policy_free(p);
	return rc == ERR_MISSING ? (e->code = ERR_POLICY) : rc;
}

static void say(struct session *s, struct span text)
{
	struct json j = JSON_INIT(&s->out);

	if (!s->json) {
		buf_add_text(&s->out, "The policy is in force: ");
		buf_add_span(&s->out, text);
		buf_add_text(&s->out, ".\n");
		return;
	}
	json_envelope(&j, buf_span(&s->host), "policy-applied");
	json_name(&j, "text");
	json_text(&j, text);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(buf) text = BUF_INIT(AGENT_FRAME_MAX);
	AUTO(client) c = { 0 };
	int rc;

	(void)argc, (void)argv;
	if (lint(s, e) < 0 || client_open(&c, s->state_dir, e) < 0)
		return e->code;
	rc = client_ask(&c, &(struct agent_message){ .type = AGENT_POLICY_APPLY }, -1, &text, e);
	if (rc < 0)
		return rc;
	say(s, buf_span(&text));
	return 0;
}

const struct command command_policy_apply = {
	.name = "policy apply",
	.args = "",
	.text = "tell the running agent to load the policy now",
	.about = "The agent loads the policy it was started with again; a wrong one is refused and "
		 "the old one stays in force. What a new policy begins to watch becomes part of "
		 "the baseline as it is found; the ledger says so.",
	.examples = examples,
	.run = run,
};
