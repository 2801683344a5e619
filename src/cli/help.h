/* Help, manual pages and completion, made from the command table and the tables of the kinds. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

/* "  label   text…" with the text in its column, or below when the label is long. */
void help_row(struct buf *ret, const char *label, const char *text, size_t column);
void help_overview(struct buf *ret);
/* The commands that begin with this word, or false: there are none of two words. */
bool help_group(struct buf *ret, const char *word);
void help_command(struct buf *ret, const struct command *c);

/* Every kind on a line; one kind with the fields it has on this platform; the same as a JSON line.
 */
void help_kinds(struct buf *ret);
void help_kind(struct buf *ret, const struct kind *k);
void help_kind_json(struct buf *ret, const struct kind *k, struct span host);

/* roff (man(7)): of one command, or of the program when c is NULL. */
void help_man(struct buf *ret, const struct command *c);

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };
extern const char *const shell_names[];
void help_completion(struct buf *ret, enum shell shell);

#endif
