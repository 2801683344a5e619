/* Help, manual pages and completion, all made from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

void help_overview(struct buf *ret);
/* The commands that begin with this word, or false: there are none of two words. */
bool help_group(struct buf *ret, const char *word);
void help_command(struct buf *ret, const struct command *c);

/* roff (man(7)): of one command, or of the program when c is NULL. */
void help_man(struct buf *ret, const struct command *c);

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };
extern const char *const shell_names[];
void help_completion(struct buf *ret, enum shell shell);

#endif
