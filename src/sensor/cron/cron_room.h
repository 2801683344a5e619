/* The doors of this room. */
#ifndef SENSOR_CRON_CRON_ROOM_H
#define SENSOR_CRON_CRON_ROOM_H

#include "core/buf.h"
#include "entity/record.h"
#include "host/host.h"
#include "sensor/cron/crontab.h"
#include "sensor/sensor.h"

extern const struct sensor sensor_cron;

/* Jobs found so far. */
struct cron_jobs {
	struct scan *s;
	struct host *h;
	struct arena *arena;
	struct buf list; /* struct record *: their keys may be the same */
	bool full;
};

/* A new job; `what` tells it from the others of its source. */
struct record *cron_job(struct cron_jobs *x, unsigned type, struct span source, struct span user,
	struct span what);
/* Sets command, program and what is known of that. path: the PATH it runs with; empty: the
 * default. */
void cron_set_command(struct cron_jobs *x, struct record *r, struct span command, struct span path);
/* Variables "NAME=VALUE": environment and ld_environment. */
void cron_set_environment(struct cron_jobs *x, struct record *r, const struct span *list, size_t n);
void cron_gap(struct cron_jobs *x, struct span source, const struct err *why);

/* Each source. */
void cron_tabs(struct cron_jobs *x);
void cron_parts(struct cron_jobs *x);
void cron_at(struct cron_jobs *x);
int cron_timers(struct cron_jobs *x, struct err *e) MUST_CHECK;

/* The words of a shell command, cut at blanks, quotes and operators, without the files that output
 * goes to. first: it stands where the name of a program does. Pure. */
struct shell_words {
	struct span rest;
	bool argument; /* a program's name went before */
};
bool shell_word(struct shell_words *w, struct span *ret, bool *ret_first);

#endif
