/* pam.conf(5), read as Linux-PAM reads it. Pure: no input or output. */
#ifndef SENSOR_PAM_RULE_PAM_CONF_H
#define SENSOR_PAM_RULE_PAM_CONF_H

#include "core/arena.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

#define PAM_ARGUMENTS_MAX 128

struct pam_lines {
	struct span rest;
	size_t number; /* of the first physical line of the one returned last */
	size_t next;
};
/* The next line that says something: comments off, continued lines joined. */
bool pam_lines_next(struct pam_lines *l, struct buf *ret);

struct pam_line {
	struct span service;   /* of a line in pam.conf */
	const char *type;      /* "auth", …; "include" of an @include */
	struct span control;   /* as written; of an @include empty */
	struct span module;    /* as written; empty: reference */
	struct span reference; /* the service that is included */
	bool optional;
	struct span argument[PAM_ARGUMENTS_MAX];
	size_t n_arguments;
};
/* conf: each line begins with its service (pam.conf). Views into the line. */
int pam_line_from_text(struct span line, bool conf, struct pam_line *ret, struct err *e) MUST_CHECK;

/* Files of pam.d that package managers and editors leave: "x~", "x.dpkg-dist", ".x". */
bool pam_file_skipped(struct span name);

#endif
