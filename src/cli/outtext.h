/* A text that a command writes: to a new file, or to standard output. */
#ifndef CLI_OUTTEXT_H
#define CLI_OUTTEXT_H

#include "cli/session.h"

/* path NULL or "-": standard output. What is there is never replaced: ERR_WRITE. */
int outtext_write(struct session *s, const char *path, struct span text, struct err *e) MUST_CHECK;

#endif
