/* Completion scripts. */
#include "cli/help.h"

const char *const shell_names[] = { "bash", "zsh", "fish", NULL };

typedef void option_fn(struct buf *ret, const struct command *c, const struct option_row *row);

static void each_option(struct buf *ret, const struct command *c, option_fn *fn)
{
	const struct option_row *tables[4];

	command_options(c, tables);
	for (size_t i = 0; tables[i]; i++)
		for (const struct option_row *row = tables[i]; row->name; row++)
			fn(ret, c, row);
}

/* The words an option's value can be; files when there are none. */
static void add_values(struct buf *ret, const struct option_row *row, const char *between)
{
	const char *first = "";

	if (row->type == OPTION_CHOICE) {
		for (size_t i = 0; row->choices[i]; i++, first = between)
			buf_addf(ret, "%s%s", first, row->choices[i]);
	} else if (row->type == OPTION_KIND) {
		for (size_t i = 0; kinds[i]; i++, first = between)
			buf_addf(ret, "%s%s", first, kinds[i]->name);
	}
}

static size_t first_length(const char *name)
{
	return strcspn(name, " ");
}

/* True for the first command of each group of two-word commands. */
static bool begins_group(size_t i)
{
	const struct command *c = command_at(i), *before = i ? command_at(i - 1) : NULL;
	size_t n = first_length(c->name);

	return c->name[n] && !(before && first_length(before->name) == n &&
				     memcmp(before->name, c->name, n) == 0);
}

static void add_first_words(struct buf *ret)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (!c->name[first_length(c->name)] || begins_group(i))
			buf_addf(ret, "%.*s ", (int)first_length(c->name), c->name);
}

static void add_second_words(struct buf *ret, const char *first, size_t n, const char *between)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (first_length(c->name) == n && c->name[n] && memcmp(c->name, first, n) == 0)
			buf_addf(ret, "%s%s", c->name + n + 1, between);
}

static void bash_option(struct buf *ret, const struct command *c, const struct option_row *row)
{
	(void)c;
	buf_addf(ret, " --%s", row->name);
}

static void bash_value(struct buf *ret, const struct command *c, const struct option_row *row)
{
	if (row->type == OPTION_FLAG)
		return;
	buf_addf(ret, "\t'%s --%s') ", c->name, row->name);
	if (row->type == OPTION_CHOICE || row->type == OPTION_KIND) {
		buf_add_text(ret, "words='");
		add_values(ret, row, " ");
		buf_add_char(ret, '\'');
	} else if (row->type == OPTION_FILE) {
		buf_add_text(ret, "files=1");
	} else {
		buf_add_char(ret, ':');
	}
	buf_add_text(ret, ";;\n");
}

static void completion_bash(struct buf *ret)
{
	const struct command *c;

	buf_add_text(ret, "# bash completion for invar; made by: invar help --completion bash\n"
			  "_invar()\n{\n"
			  "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
			  "\tlocal cmd= words= files= w i\n"
			  "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			  "\t\tw=${COMP_WORDS[i]}\n"
			  "\t\tcase \"${cmd:+$cmd }$w\" in\n\t\t");
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (begins_group(i))
			buf_addf(ret, "'%.*s'|", (int)first_length(c->name), c->name);
		buf_addf(ret, "'%s'%s", c->name, command_at(i + 1) ? "|" : ")");
	}
	buf_add_text(ret, " cmd=${cmd:+$cmd }$w;;\n\t\tesac\n\tdone\n"
			  "\tcase \"$cmd $prev\" in\n");
	for (size_t i = 0; (c = command_at(i)); i++)
		each_option(ret, c, bash_value);
	buf_add_text(ret, "\t*)\n\t\tcase $cmd in\n\t\t'') words='");
	add_first_words(ret);
	for (const struct option_row *row = session_options; row->name; row++)
		bash_option(ret, NULL, row);
	buf_add_text(ret, " --version';;\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (begins_group(i)) {
			size_t n = first_length(c->name);

			buf_addf(ret, "\t\t'%.*s') words='", (int)n, c->name);
			add_second_words(ret, c->name, n, " ");
			buf_add_text(ret, "';;\n");
		}
		buf_addf(ret, "\t\t'%s') words='", c->name);
		each_option(ret, c, bash_option);
		for (size_t k = 0; c->operands == OPERANDS_ENTITY && kinds[k]; k++)
			buf_addf(ret, " %s", kinds[k]->name);
		buf_addf(ret, "'%s;;\n", c->operands == OPERANDS_NONE ? "" : "; files=1");
	}
	buf_add_text(ret, "\t\tesac;;\n\tesac\n"
			  "\tCOMPREPLY=($(compgen ${files:+-f} -W \"$words\" -- \"$cur\"))\n"
			  "}\ncomplete -o filenames -F _invar invar\n");
}

/* Inside single quotes and as a zsh description: no quotes, no brackets, no colons. */
static void add_plain(struct buf *ret, const char *text)
{
	for (; *text; text++)
		buf_add_char(ret, *text && strchr("'[]:\\\"", *text) ? ' ' : *text);
}

static void zsh_option(struct buf *ret, const struct command *c, const struct option_row *row)
{
	(void)c;
	buf_addf(ret, " \\\n\t\t\t'--%s[", row->name);
	add_plain(ret, row->text);
	buf_add_char(ret, ']');
	if (row->arg) {
		buf_add_char(ret, ':');
		add_plain(ret, row->arg);
		buf_add_char(ret, ':');
	}
	if (row->type == OPTION_CHOICE || row->type == OPTION_KIND) {
		buf_add_char(ret, '(');
		add_values(ret, row, " ");
		buf_add_char(ret, ')');
	} else if (row->type == OPTION_FILE) {
		buf_add_text(ret, "_files");
	}
	buf_add_char(ret, '\'');
}

static void completion_zsh(struct buf *ret)
{
	const struct command *c;

	buf_add_text(ret, "#compdef invar\n# zsh completion for invar; made by: invar help "
			  "--completion zsh\n_invar()\n{\n\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		buf_addf(ret, "\t\t'%s:", c->name);
		add_plain(ret, c->text);
		buf_add_text(ret, "'\n");
	}
	buf_add_text(ret, "\t)\n\tif ((CURRENT == 2)); then\n"
			  "\t\t_describe command commands\n\t\treturn\n\tfi\n"
			  "\tcase \"$words[2] $words[3]\" in\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		buf_addf(ret, "\t'%s'%s)\n\t\t_arguments -s", c->name,
			c->name[first_length(c->name)] ? "" : "\\ *");
		each_option(ret, c, zsh_option);
		buf_addf(ret, " \\\n\t\t\t'*:operand:%s';;\n",
			c->operands == OPERANDS_NONE ? "" : "_files");
	}
	buf_add_text(ret, "\tesac\n}\n_invar \"$@\"\n");
}

static void fish_option(struct buf *ret, const struct command *c, const struct option_row *row)
{
	size_t n = first_length(c->name);

	buf_addf(ret, "complete -c invar -n '__fish_seen_subcommand_from %.*s", (int)n, c->name);
	if (c->name[n])
		buf_addf(ret, "; and __fish_seen_subcommand_from %s", c->name + n + 1);
	buf_addf(ret, "' -l %s", row->name);
	if (row->letter)
		buf_addf(ret, " -s %c", row->letter);
	if (row->type == OPTION_FILE)
		buf_add_text(ret, " -r -F");
	else if (row->type != OPTION_FLAG)
		buf_add_text(ret, " -x");
	if (row->type == OPTION_CHOICE || row->type == OPTION_KIND) {
		buf_add_text(ret, " -a '");
		add_values(ret, row, " ");
		buf_add_char(ret, '\'');
	}
	buf_add_text(ret, " -d '");
	add_plain(ret, row->text);
	buf_add_text(ret, "'\n");
}

static void completion_fish(struct buf *ret)
{
	const struct command *c;

	buf_add_text(ret, "# fish completion for invar; made by: invar help --completion fish\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		size_t n = first_length(c->name);

		if (begins_group(i)) {
			buf_addf(ret,
				"complete -c invar -f -n __fish_use_subcommand -a %.*s\n"
				"complete -c invar -f -n '__fish_seen_subcommand_from %.*s' -a '",
				(int)n, c->name, (int)n, c->name);
			add_second_words(ret, c->name, n, " ");
			buf_add_text(ret, "'\n");
		} else if (!c->name[n]) {
			buf_addf(ret, "complete -c invar -f -n __fish_use_subcommand -a %s -d '",
				c->name);
			add_plain(ret, c->text);
			buf_add_text(ret, "'\n");
		}
		each_option(ret, c, fish_option);
	}
}

void help_completion(struct buf *ret, enum shell shell)
{
	static void (*const makers[])(struct buf * ret) = {
		[SHELL_BASH] = completion_bash,
		[SHELL_ZSH] = completion_zsh,
		[SHELL_FISH] = completion_fish,
	};

	makers[shell](ret);
}
