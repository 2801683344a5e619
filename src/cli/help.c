#include "cli/help.h"

#include "cli/scan_options.h"
#include "core/utf8.h"

#define TEXT_WIDTH 79
#define OPTION_COLUMN 28
#define GROUP_COLUMN 19

/* Append text, broken at spaces so that no line is wider than TEXT_WIDTH; later lines begin in
 * column `indent`, where the first one is taken to be at `column`. */
static void add_wrapped(struct buf *ret, struct span text, size_t indent, size_t column)
{
	struct span word;
	bool first = true;

	while (span_cut(&text, ' ', &word)) {
		size_t n = utf8_columns(word);

		if (!first && column + 1 + n > TEXT_WIDTH) {
			buf_addf(ret, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			buf_add_char(ret, ' ');
			column++;
		}
		buf_add_span(ret, word);
		column += n;
		first = false;
	}
}

void help_row(struct buf *ret, const char *label, const char *text, size_t column)
{
	size_t n = 2 + utf8_columns(span_of(label));

	buf_addf(ret, "  %s", label);
	if (n + 2 > column) {
		buf_add_char(ret, '\n');
		n = 0;
	}
	buf_addf(ret, "%*s", (int)(column - n), "");
	add_wrapped(ret, span_of(text), column, column);
	buf_add_char(ret, '\n');
}

static void add_options(struct buf *ret, const struct option_row *row)
{
	for (; row->name; row++) {
		AUTO(buf) label = BUF_INIT(4096);

		if (row->letter)
			buf_addf(&label, "-%c, ", row->letter);
		buf_addf(&label, "--%s", row->name);
		if (row->arg)
			buf_addf(&label, " %s", row->arg);
		help_row(ret, buf_text(&label), row->text, OPTION_COLUMN);
	}
}

static void add_about(struct buf *ret, const char *about)
{
	struct span rest = span_of(about), paragraph;

	while (span_cut(&rest, '\n', &paragraph)) {
		add_wrapped(ret, paragraph, 0, 0);
		buf_add_char(ret, '\n');
	}
}

void help_overview(struct buf *ret)
{
	const struct command *c;
	size_t widest = 0;

	buf_add_text(ret,
		"invar keeps a host constant: it knows what the machine is made of and tells what\n"
		"changed.\n\nUsage: invar [OPTION…] COMMAND [OPTION…] [OPERAND…]\n\nCommands:\n");
	for (size_t i = 0; (c = command_at(i)); i++)
		widest = strlen(c->name) > widest ? strlen(c->name) : widest;
	for (size_t i = 0; (c = command_at(i)); i++)
		help_row(ret, c->name, c->text, widest + 4);
	buf_add_text(ret, "\nOptions of every command:\n");
	add_options(ret, session_options);
	buf_add_text(ret, "\nMore: invar help COMMAND; what can be watched: invar help kinds. "
			  "Start with: invar "
			  "init\n");
}

bool help_group(struct buf *ret, const char *word)
{
	size_t n = strlen(word), begin = ret->n;
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++) {
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		if (ret->n == begin)
			buf_addf(ret, "Usage: invar %s COMMAND [OPTION…] [OPERAND…]\n\nCommands:\n",
				word);
		help_row(ret, c->name, c->text, GROUP_COLUMN);
	}
	if (ret->n == begin)
		return false;
	buf_addf(ret, "\nMore: invar help %s COMMAND.\n", word);
	return true;
}

void help_command(struct buf *ret, const struct command *c)
{
	buf_add_text(ret, "Usage: ");
	command_synopsis(c, ret);
	buf_addf(ret, "\n\n%c%s.\n", c->text[0] - 'a' + 'A', c->text + 1);
	if (c->about) {
		buf_add_char(ret, '\n');
		add_about(ret, c->about);
	}
	if (c->options) {
		buf_add_text(ret, "\nOptions:\n");
		add_options(ret, c->options);
	}
	if (c->needs & NEEDS_SCAN) {
		buf_add_text(ret, "\nHow gently to look:\n");
		add_options(ret, scan_option_rows);
	}
	buf_add_text(ret, "\nOptions of every command:\n");
	add_options(ret, session_options);
	if (!c->examples)
		return;
	buf_add_text(ret, "\nExamples:\n");
	for (const struct example *x = c->examples; x->line; x++) {
		buf_addf(ret, "  %s\n      ", x->line);
		add_wrapped(ret, span_of(x->text), 6, 6);
		buf_add_char(ret, '\n');
	}
}
