/* Lines of authorized_keys (sshd(8)) and of sshd_config(5). Pure: no input or output. */
#ifndef SENSOR_SSH_KEY_AUTHORIZED_H
#define SENSOR_SSH_KEY_AUTHORIZED_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define SSH_OPTIONS_MAX 64
#define SSH_FINGERPRINT_TEXT 51 /* "SHA256:", 43 characters and a NUL */

struct authorized {
	struct span type, comment;
	unsigned bits; /* 0: unknown */
	char fingerprint[SSH_FINGERPRINT_TEXT];
	struct span option[SSH_OPTIONS_MAX]; /* as written */
	size_t n_options;
};

/* A line that says something (is no comment, not empty). ERR_FORMAT, ERR_LIMIT. Views into the
 * line; a is for work. */
int authorized_from_line(struct arena *a, struct span line, struct authorized *ret,
	struct err *e) MUST_CHECK;

/* A line of an AuthorizedPrincipalsFile: options and a name. */
int principal_from_line(struct span line, struct authorized *ret, struct span *ret_name,
	struct err *e) MUST_CHECK;

/* The value of an option such as from="…", without its quotes; in a. False: it is not given. */
bool authorized_option(const struct authorized *x, struct arena *a, const char *name,
	struct span *ret);

/* expiry-time: YYYYMMDD[HHMM[SS]][Z], taken as UTC; 0: not such a time. */
int64_t authorized_expiry(struct span text);

/* Without a '\n'; blanks at both ends are taken off, comments become empty. */
struct span ssh_line(struct span line);

/* sshd_config: the keyword, and the rest of the line behind blanks and one '='. False: a line that
 * says nothing. */
bool sshd_setting(struct span line, struct span *ret_keyword, struct span *ret_rest);
/* The next argument, without its quotes; in a where they matter. False: no more, or a quote that
 * does not end. */
bool sshd_argument(struct span *rest, struct span *ret);
/* ASCII, either case. */
bool ssh_word_is(struct span word, const char *name);

#endif
