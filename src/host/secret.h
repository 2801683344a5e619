/* What of an argument of a program is secret: by its own form (a key, user:password@ in a URL,
 * name=value), by the option before it, by its place, for programs that are known (secret.c has the
 * tables). An argument that is itself a command line (of sh -c, ssh, su) is read as one. Pure. */
#ifndef HOST_SECRET_H
#define HOST_SECRET_H

#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

struct secret_option;

/* Of one command line, from its program on; zeroed at first. */
struct secret {
	struct span program;              /* its name; of one that is known, once that came */
	const struct secret_option *next; /* the next argument is its value */
	bool all;                         /* the next argument is secret */
	bool login;                       /* an argument "login" came */
	uint32_t letters;                 /* options of one letter that came */
	unsigned arguments, positional;
	unsigned depth; /* command lines in command lines */
};

/* Append the next argument, with "***" for what is secret. */
void secret_mask(struct secret *s, struct span arg, struct buf *ret);

#endif
