#include "cli/help.h"

#include "cli/commands.h"
#include "cli/suggest.h"
#include "core/escape.h"

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
	{ "invar help kinds", "the kinds of entities there are" },
	{ "invar help kind user", "what is seen of an account, field by field" },
	{ "invar help --man check | man -l -", "the same as a manual page" },
	{ NULL, NULL },
};

static void add_kinds(struct session *s)
{
	if (!s->json)
		help_kinds(&s->out);
	for (const struct kind *const *k = kinds; s->json && *k; k++)
		help_kind_json(&s->out, *k, buf_span(&s->host));
}

static int add_kind(struct session *s, const char *name, struct err *e)
{
	const struct kind *k = kind_find(span_of(name));
	AUTO(buf) shown = BUF_INIT(4096);
	struct suggestion near = { .typed = name };

	if (k && s->json)
		help_kind_json(&s->out, k, buf_span(&s->host));
	else if (k)
		help_kind(&s->out, k);
	if (k)
		return 0;
	for (size_t i = 0; kinds[i]; i++)
		suggest_from(&near, kinds[i]->name);
	escape_text(&shown, span_from(name, strnlen(name, 64)));
	return err_set(e, ERR_USAGE,
		near.word ? "no kind '%s'; did you mean: invar help kind %s"
			  : "no kind '%s'; see: invar help kinds%.0s",
		buf_text(&shown), near.word ? near.word : "");
}

/* `kind NAME`, or a kind's name alone. */
static bool about_kind(int argc, char **argv)
{
	if (argc == 1)
		return kind_find(span_of(argv[0])) != NULL;
	return argc == 2 && strcmp(argv[0], "kind") == 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	const struct command *c = NULL;
	int words = 0;

	if (argc == 1 && strcmp(argv[0], "kinds") == 0) {
		add_kinds(s);
		return 0;
	}
	if (about_kind(argc, argv))
		return add_kind(s, argv[argc - 1], e);
	if (argc == 1 && !arg.man && arg.completion < 0 && help_group(&s->out, argv[0]))
		return 0;
	if (argc && command_find(argc, argv, &c, &words, e) < 0)
		return e->code;
	if (argc > words)
		return err_set(e, ERR_USAGE,
			"too many operands; usage: invar help [COMMAND | kinds | kind NAME]");
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
	.args = "[COMMAND | kinds | kind NAME]",
	.text = "explain a command, or the kinds of entities",
	.examples = examples,
	.options = options,
	.max = 2,
	.run = run,
};
