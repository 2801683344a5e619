/* A command is a row: what it is called, takes, needs and does. Help, completion and manual pages
 * are made from the rows. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/option.h"
#include "cli/session.h"

enum command_needs {
	NEEDS_POLICY = 1 << 0,      /* session.policy */
	NEEDS_STATE = 1 << 1,       /* session.store, STORE_READ */
	NEEDS_STATE_WRITE = 1 << 2, /* STORE_WRITE */
	NEEDS_SCAN = 1 << 3,        /* takes the options of cli/scan_options.h */
};

enum operands {
	OPERANDS_NONE,
	OPERANDS_PATHS,  /* completed as file names */
	OPERANDS_ENTITY, /* KIND KEY, or a path */
};

struct example {
	const char *line, *text;
};

struct command {
	const char *name;                 /* one or two words */
	const char *args;                 /* synopsis of the operands, "" for none */
	const char *text;                 /* one line */
	const char *about;                /* paragraphs with an empty line between, or NULL */
	const struct example *examples;   /* ended by a row without line; may be NULL */
	const struct option_row *options; /* may be NULL */
	unsigned needs;
	enum operands operands;
	int min, max; /* operands; max -1: any number */
	/* The exit status, or an enum err_code. */
	int (*run)(struct session *s, int argc, char **argv, struct err *e);
};

/* The commands of this folder, ended by NULL. */
extern const struct command *const cli_commands[];
/* Those that stand behind all others. */
extern const struct command *const cli_last_commands[];

/* Run a program made of these tables (ended by NULL each, and the list of tables too). Returns the
 * exit status. */
int cli_main(const struct command *const *const *tables, int argc, char **argv);

/* Every command of the program that runs, in order: NULL behind the last. Begin with i = 0. */
const struct command *command_at(size_t i);
/* The command argv begins with; *ret_words is 1 or 2. ERR_USAGE suggests. */
int command_find(int argc, char **argv, const struct command **ret, int *ret_words,
	struct err *e) MUST_CHECK;
/* All option tables a command takes: its own, those of a scan, the global ones. */
void command_options(const struct command *c, const struct option_row *ret[4]);
/* Append "invar check [OPTION…] [PATH…]". */
void command_synopsis(const struct command *c, struct buf *ret);

#endif
