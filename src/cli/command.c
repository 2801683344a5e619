#include "cli/command.h"

#include <errno.h>
#include <stdio.h>

#include "change/guard.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/problems.h"
#include "cli/scan_options.h"
#include "cli/suggest.h"
#include "core/escape.h"
#include "os/stop.h"

static const struct command *const *const *program;
static bool version;

static const struct option_row version_options[] = {
	OPT_FLAG(0, "version", &version, "print the version"),
	OPT_END,
};

const struct command *command_at(size_t i)
{
	for (const struct command *const *const *table = program; *table; table++)
		for (const struct command *const *c = *table; *c; c++)
			if (i-- == 0)
				return *c;
	return NULL;
}

void command_options(const struct command *c, const struct option_row *ret[4])
{
	if (c->options)
		*ret++ = c->options;
	if (c->needs & NEEDS_SCAN)
		*ret++ = scan_option_rows;
	*ret++ = session_options;
	*ret = NULL;
}

void command_synopsis(const struct command *c, struct buf *ret)
{
	buf_addf(ret, "invar %s [OPTION…]", c->name);
	if (c->args[0])
		buf_addf(ret, " %s", c->args);
}

/* "policy" for "policy check": where the second word begins, or NULL. */
static const char *second_word(const char *name)
{
	const char *space = strchr(name, ' ');

	return space ? space + 1 : NULL;
}

static bool first_word_is(const char *name, const char *word)
{
	const char *second = second_word(name);
	size_t n = second ? (size_t)(second - name) - 1 : strlen(name);

	return strlen(word) == n && memcmp(name, word, n) == 0;
}

/* The first word names a group: say what there is in it. */
static int refuse_second(const char *first, const char *second, struct err *e)
{
	AUTO(buf) words = BUF_INIT(4096);
	AUTO(buf) shown = BUF_INIT(4096);
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (first_word_is(c->name, first) && second_word(c->name))
			buf_addf(&words, "%s%s", words.n ? ", " : "", second_word(c->name));
	if (!second)
		return err_set(e, ERR_USAGE, "'%s' needs one of: %s", first, buf_text(&words));
	escape_text(&shown, span_from(second, strnlen(second, 64)));
	return err_set(e, ERR_USAGE, "no command '%s %s'; there is: %s", first, buf_text(&shown),
		buf_text(&words));
}

static int refuse_first(const char *word, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(4096);
	struct suggestion s = { .typed = word };
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		suggest_from(&s, c->name);
	escape_text(&shown, span_from(word, strnlen(word, 64)));
	if (s.word)
		return err_set(e, ERR_USAGE, "no command '%s'; did you mean: invar %s",
			buf_text(&shown), s.word);
	return err_set(e, ERR_USAGE, "no command '%s'; see: invar help", buf_text(&shown));
}

int command_find(int argc, char **argv, const struct command **ret, int *ret_words, struct err *e)
{
	const struct command *c;
	bool group = false;

	for (size_t i = 0; (c = command_at(i)); i++) {
		const char *second = second_word(c->name);

		if (!first_word_is(c->name, argv[0]))
			continue;
		if (!second || (argc > 1 && strcmp(argv[1], second) == 0)) {
			*ret = c;
			*ret_words = second ? 2 : 1;
			return 0;
		}
		group = true;
	}
	return group ? refuse_second(argv[0], argc > 1 ? argv[1] : NULL, e)
		     : refuse_first(argv[0], e);
}

static int check_operands(const struct command *c, int n, struct err *e)
{
	AUTO(buf) synopsis = BUF_INIT(4096);

	if (n >= c->min && (c->max < 0 || n <= c->max))
		return 0;
	command_synopsis(c, &synopsis);
	return err_set(e, ERR_USAGE, "%s operands; usage: %s", n < c->min ? "missing" : "too many",
		buf_text(&synopsis));
}

static int run_command(const struct command *c, int argc, char **argv, struct err *e)
{
	const struct option_row *tables[4];
	int first, status;

	command_options(c, tables);
	if (option_parse(tables, argc, argv, false, &first, e) < 0)
		return e->code;
	if (session.help) {
		help_command(&session.out, c);
		return session_flush(&session, e);
	}
	if (check_operands(c, argc - first, e) < 0 || session_open(&session, c, e) < 0)
		return e->code;
	session.operands = (const char *const *)argv + first;
	session.n_operands = (size_t)(argc - first);
	status = c->run(&session, argc - first, argv + first, e);
	if (status < 0 && session.hold)
		buf_clear(&session.out);
	/* what was found before a failure is still true */
	if (status < 0) {
		struct err ignored = { 0 };

		(void)!session_flush(&session, &ignored);
		return status;
	}
	return session_flush(&session, e) < 0 ? e->code : status;
}

static int run_program(int argc, char **argv, const struct command **ret, struct err *e)
{
	const struct option_row *tables[] = { session_options, version_options, NULL };
	const struct command *c;
	int first, words;

	if (option_parse(tables, argc, argv, true, &first, e) < 0)
		return e->code;
	if (version) {
		buf_addf(&session.out, "invar %s\n", INVAR_VERSION);
		return session_flush(&session, e);
	}
	if (first == argc) {
		help_overview(&session.out);
		return session_flush(&session, e);
	}
	if (command_find(argc - first, argv + first, &c, &words, e) < 0)
		return e->code;
	*ret = c;
	/* the command's last word stands where the program's name would */
	first += words - 1;
	return run_command(c, argc - first, argv + first, e);
}

static void complain(const struct command *c, struct err *e)
{
	AUTO(buf) text = BUF_INIT(8192);
	struct span said;

	if (e->code == ERR_WRITE && e->sys == EPIPE)
		return; /* the reader has seen enough: `invar log | head` */
	problems_print(&session.problems, e);
	said = span_of(e->text);
	if (escape_needed(said))
		escape_text(&text, said);
	else
		buf_add_span(&text, said);
	fprintf(stderr, "invar: %s\n", buf_text(&text));
	if (e->code == ERR_USAGE && c)
		fprintf(stderr, "see: invar help %s\n", c->name);
}

int cli_main(const struct command *const *const *tables, int argc, char **argv)
{
	const struct command *c = NULL;
	struct err e = { 0 };
	int status;

	if (guard_serves(argc, argv, &status))
		return status;
	program = tables;
	stop_on_signals();
	status = run_program(argc, argv, &c, &e);
	if (status < 0) {
		complain(c, &e);
		status = exit_of_error(e.code);
	}
	session_close(&session);
	return status;
}
