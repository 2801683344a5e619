#include "cli/help.h"

#include "cli/commands.h"

static struct {
	int completion;
	bool man;
} arg = { .completion = -1 };

static const struct option_row options[] = {
	OPT_CHOICE(0, "completion", &arg.completion, shell_names, "SHELL",
		"print a completion script: bash, zsh or fish"),
	OPT_FLAG(0, "man", &arg.man, "print the manual page, of the command or the whole program"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar help check", "what check does and takes" },
	{ "source <(invar help --completion bash)", "complete commands and options in this shell" },
	{ "invar help --man check | man -l -", "the same as a manual page" },
	{ NULL, NULL },
};

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	const struct command *c = NULL;
	int words = 0;

	if (argc == 1 && !arg.man && arg.completion < 0 && help_group(&s->out, argv[0]))
		return 0;
	if (argc && command_find(argc, argv, &c, &words, e) < 0)
		return e->code;
	if (argc > words)
		return err_set(e, ERR_USAGE, "too many operands; usage: invar help [COMMAND]");
	if (arg.completion >= 0)
		help_completion(&s->out, (enum shell)arg.completion);
	else if (arg.man)
		help_man(&s->out, c);
	else if (c)
		help_command(&s->out, c);
	else
		help_overview(&s->out);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.args = "[COMMAND]",
	.text = "explain a command",
	.examples = examples,
	.options = options,
	.max = 2,
	.run = run,
};
