/* A program of somebody's that is given bytes on its standard input. No shell; in a job that ends
 * it, and all it began, with us; with our account's name but none of its rights (a restricted
 * token), a small environment, and nothing of ours inherited. What it says is dropped. */
#ifndef OS_WINDOWS_FEED_H
#define OS_WINDOWS_FEED_H

#include "core/buf.h"
#include "core/err.h"

struct feed;

/* Nothing runs yet. argv: ended by NULL, its first an absolute path; copied. */
struct feed *feed_new(const char *const *argv);
void feed_free(struct feed *f); /* accepts NULL; not while feed_run is at work */

/* Start it, give it the bytes, wait for its end. 0: it ended with status 0, whether or not it
 * wanted all bytes; ERR_SYSTEM: with another, or it cannot be started. ERR_DENIED: others than
 * SYSTEM and administrators may write to the program; ERR_FORMAT: it is no program but a script,
 * which a shell would run; ERR_INTERRUPTED. */
int feed_run(struct feed *f, struct span input, struct err *e) MUST_CHECK;
/* By another thread: it is killed, with all it began; feed_run returns soon. */
void feed_cancel(struct feed *f);

/* Append the argument to a command line, as CommandLineToArgvW takes it apart (Microsoft C,
 * "Parsing C command-line arguments"). */
void feed_quote(struct buf *line, struct span argument);

#endif
