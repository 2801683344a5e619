/* The bytes of crontabs, anacrontab and at jobs. Pure. */
#ifndef SENSOR_CRON_CRONTAB_H
#define SENSOR_CRON_CRONTAB_H

#include <stdint.h>

#include "core/arena.h"
#include "core/span.h"

enum cron_format {
	CRON_FORMAT_USER,   /* five fields or @word, command */
	CRON_FORMAT_SYSTEM, /* the same with a user before the command */
	CRON_FORMAT_ANACRON /* days or @word, delay, name, command */
};

enum cron_line_type { CRON_LINE_JOB, CRON_LINE_VARIABLE, CRON_LINE_BAD };

struct cron_line {
	enum cron_line_type type;
	unsigned line;        /* from 1 */
	struct span name;     /* of a variable; of an anacron job */
	struct span value;    /* of a variable, without its quotes */
	struct span schedule; /* one blank between its fields */
	struct span user;
	struct span command; /* \% as % */
	struct span input;   /* behind the first %, with newlines for the others */
};

struct crontab {
	struct span rest;
	enum cron_format format;
	struct arena *arena;
	unsigned line;
};

/* The next line that is no comment and not empty; false at the end. */
bool crontab_next(struct crontab *c, struct cron_line *ret);

/* An at job: the name of its file says when it runs, its head as whom and with which variables. */
struct at_job {
	int64_t time; /* ns since 1970 */
	char queue;
	bool has_uid;
	unsigned uid;
	struct span user; /* to whom its output is mailed */
	struct span head; /* its variables: lines NAME=VALUE; export NAME */
	struct span command;
};
/* False: not the name of a job that waits. */
bool at_job_name(struct span name, struct at_job *ret);
/* Fills in the rest. False: it does not begin as atd wants it. */
bool at_job_parse(struct span text, struct at_job *ret);
/* The next NAME=VALUE of the head, with the backslashes of at(1) taken off. */
bool at_job_variable(struct span *head, struct arena *a, struct span *ret);

#endif
