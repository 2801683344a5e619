#include "cli/commands.h"
#include "cli/outtext.h"

static const struct example examples[] = {
	{ "invar policy export policy.yaml", "the rules in force as one file, for another host" },
	{ NULL, NULL },
};

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	policy_print(s->policy, &text);
	return outtext_write(s, argc ? argv[0] : NULL, buf_span(&text), e);
}

const struct command command_policy_export = {
	.name = "policy export",
	.args = "[FILE]",
	.text = "write the policy in force as one file",
	.about = "What 'policy show' prints: variables replaced, shorthands resolved, so that it "
		 "means the same everywhere. Without FILE, or with -, to standard output. A file "
		 "that is there is not replaced.",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.operands = OPERANDS_PATHS,
	.max = 1,
	.run = run,
};
