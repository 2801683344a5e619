/* A process of our own program, which ends with us: two pipes, its memory bounded, nothing else
 * inherited. */
#ifndef OS_WINDOWS_CHILD_H
#define OS_WINDOWS_CHILD_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

struct child;

/* Our executable with one argument, or more (UTF-8, ended by NULL). Its standard input and output
 * are pipes to us; what it says of errors is dropped. */
int child_start(struct child **ret, const char *const *arguments, uint64_t memory,
	struct err *e) MUST_CHECK;

/* All of it, to its standard input; ERR_CLOSED: it is gone, ERR_TIMEOUT: it does not take it. */
int child_say(struct child *c, struct span bytes, unsigned ms, struct err *e) MUST_CHECK;
/* How many bytes came; 0: none did within ms; -1: none will any more. */
int child_hear(struct child *c, void *ret, size_t n, unsigned ms);
/* Something waits to be heard, or none will any more. */
bool child_has_word(struct child *c);

/* End it (it is killed if it still runs), and free c. True: it had ended by itself, with *ret. */
bool child_end(struct child *c, unsigned long *ret);

/* ---- in that process ---- */

/* Bytes that were said, as child_hear. */
int child_listen(void *ret, size_t n, unsigned ms);

#endif
