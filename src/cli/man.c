/* Manual pages in man(7). */
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/scan_options.h"

/* Text of ours as roff: a backslash, a dash that is to be pasted, and a dot that begins a line. */
static void add_roff(struct buf *ret, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_add_text(ret, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			buf_add_text(ret, "\\e");
		else if (*text == '-')
			buf_add_text(ret, "\\-");
		else
			buf_add_char(ret, *text);
		if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
			buf_add_text(ret, "\\&");
	}
}

static void add_upper(struct buf *ret, const char *text)
{
	for (; *text; text++) {
		char c = *text == ' ' ? '-' : *text;

		if (c == '-')
			buf_add_char(ret, '\\');
		buf_add_char(ret, (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
	}
}

static void add_dashed(struct buf *ret, const char *name)
{
	for (; *name; name++) {
		if (*name == ' ')
			buf_add_text(ret, "\\-");
		else
			buf_add_char(ret, *name);
	}
}

static void add_options(struct buf *ret, const struct option_row *row)
{
	for (; row->name; row++) {
		buf_add_text(ret, ".TP\n");
		if (row->letter)
			buf_addf(ret, "\\fB\\-%c\\fR, ", row->letter);
		buf_add_text(ret, "\\fB\\-\\-");
		add_roff(ret, row->name);
		buf_add_text(ret, "\\fR");
		if (row->arg)
			buf_addf(ret, " \\fI%s\\fR", row->arg);
		buf_add_char(ret, '\n');
		add_roff(ret, row->text);
		buf_add_text(ret, ".\n");
	}
}

static void add_statuses(struct buf *ret)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 0, "nothing to report" },
		{ EXIT_CREATED, "something was created; these four are added up" },
		{ EXIT_DELETED, "something was deleted" },
		{ EXIT_UPDATED, "something was updated or renamed" },
		{ EXIT_GAP, "part of the policy could not be observed" },
		{ EXIT_WRITE, "the output could not be written" },
		{ EXIT_USAGE, "wrong use of the command line" },
		{ EXIT_POLICY, "wrong or missing policy" },
		{ EXIT_IO, "input or output failed" },
		{ EXIT_VERSION, "written by another version" },
		{ EXIT_LOCKED, "the state is locked by another process" },
		{ EXIT_DAMAGED, "the state is damaged" },
		{ EXIT_INTERRUPTED, "interrupted" },
	};

	buf_add_text(ret, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_addf(ret, ".TP\n.B %d\n%s.\n", rows[i].status, rows[i].text);
}

static void add_about(struct buf *ret, const char *about)
{
	struct span rest = span_of(about), paragraph;

	while (span_cut(&rest, '\n', &paragraph)) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

		if (!paragraph.n)
			continue;
		buf_add_span(&text, paragraph);
		buf_add_text(ret, ".PP\n");
		add_roff(ret, buf_text(&text));
		buf_add_char(ret, '\n');
	}
}

static void add_title(struct buf *ret, const char *name)
{
	buf_add_text(ret, ".TH INVAR");
	if (*name)
		buf_add_text(ret, "\\-");
	add_upper(ret, name);
	buf_addf(ret, " 1 \"\" \"Invar %s\" \"Invar manual\"\n.SH NAME\n", INVAR_VERSION);
}

static void man_program(struct buf *ret)
{
	const struct command *c;

	add_title(ret, "");
	buf_add_text(ret, "invar \\- host integrity monitor\n.SH SYNOPSIS\n.B invar\n"
			  "[OPTION…] COMMAND [OPTION…] [OPERAND…]\n.SH DESCRIPTION\n"
			  "Keeps a host constant: observes what a policy selects, compares it with "
			  "what was approved, records each change and tells.\n.SH COMMANDS\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		buf_addf(ret, ".TP\n.B %s\n", c->name);
		add_roff(ret, c->text);
		buf_add_text(ret, ".\n");
	}
	buf_add_text(ret, ".SH OPTIONS\n");
	add_options(ret, session_options);
	add_statuses(ret);
}

static void man_command(struct buf *ret, const struct command *c)
{
	add_title(ret, c->name);
	buf_add_text(ret, "invar\\-");
	add_dashed(ret, c->name);
	buf_add_text(ret, " \\- ");
	add_roff(ret, c->text);
	buf_addf(ret, "\n.SH SYNOPSIS\n.B invar %s\n[OPTION…] %s\n.SH DESCRIPTION\n", c->name,
		c->args);
	add_roff(ret, c->text);
	buf_add_text(ret, ".\n");
	if (c->about)
		add_about(ret, c->about);
	buf_add_text(ret, ".SH OPTIONS\n");
	if (c->options)
		add_options(ret, c->options);
	if (c->needs & NEEDS_SCAN)
		add_options(ret, scan_option_rows);
	add_options(ret, session_options);
	if (c->examples)
		buf_add_text(ret, ".SH EXAMPLES\n");
	for (const struct example *x = c->examples; x && x->line; x++) {
		buf_add_text(ret, ".TP\n.B ");
		add_roff(ret, x->line);
		buf_add_char(ret, '\n');
		add_roff(ret, x->text);
		buf_add_text(ret, "\n");
	}
	add_statuses(ret);
	buf_add_text(ret, ".SH SEE ALSO\n.BR invar (1)\n");
}

void help_man(struct buf *ret, const struct command *c)
{
	if (c)
		man_command(ret, c);
	else
		man_program(ret);
}
