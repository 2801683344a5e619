/* One observation: runs the sensors and hands what they deliver to an observer, in key order. */
#ifndef CHANGE_SCAN_H
#define CHANGE_SCAN_H

#include <stdatomic.h>

#include "change/gaps.h"
#include "change/pipeline.h"

/* Who takes what is observed. */
struct observer {
	/* Keys of this kind follow. */
	int (*begin)(void *ctx, const struct kind *k, struct err *e);
	int (*put)(void *ctx, const struct observation *o, struct err *e);
	/* 1: nothing more to do; 0: look closer. */
	int (*same)(void *ctx, struct span key, const struct record *stamp, struct err *e);
	int (*put_late)(void *ctx, const struct observation *o, struct err *e);
	int (*gone_late)(void *ctx, struct span key, struct err *e);
	/* Of a point that was asked for; may be NULL. */
	int (*point)(void *ctx, struct span key, enum point_now now, struct err *e);
	/* No more of this kind. */
	int (*end)(void *ctx, const struct kind *k, struct err *e);
};

struct scan {
	/* set by the caller */
	struct store *store;
	const struct scan_options *options;
	const struct policy *policy;
	const struct observer *observer;
	void *ctx;
	const struct check_listener *listener;
	struct check_summary *summary;
	struct gaps *gaps;
	const struct sensor *const *sensors; /* NULL: all of the platform */
	uint64_t expected;                   /* entities, for the progress; 0: not known */
	struct guard **kept; /* who observes kinds that are not sorted, here and in the next scan;
				NULL: one of our own */
	struct guard *ahead; /* who observed one of them before; NULL: nobody did */
	/* ours */
	struct selector selector;
	struct arena *arena;
	const struct kind *kind; /* being observed */
	struct pile *emitted;    /* of a kind that is not sorted; NULL: none yet */
	struct guard *guard;     /* who observes kinds that are not sorted; NULL: none yet */
	struct outlet *outlet;   /* not NULL: we are that process */
	struct host *host;       /* of that process; NULL: not asked for yet */
	struct buf key, shared, local, value, last;
	unsigned until_tick;
	int64_t ticked;
	struct err err; /* the first failure; the doors do nothing after it */
	atomic_bool failed;
};

/* The upper half is filled in; gaps stay the caller's. */
void scan_init(struct scan *s);
void scan_done(struct scan *s);

/* ---- for guard.c ---- */
bool scan_wants(const struct scan *s, const struct kind *k); /* this run observes the kind */
/* A flat kind, all of whose sensors look at some beginnings of keys alone when asked to. */
bool scan_parts(const struct sensor *const *all, const struct kind *k);
bool scan_sorted(const struct scan *s, const struct kind *k);
bool scan_runs(const struct scan *s, const struct sensor *sensor); /* it can, here */
/* One entity of a kind that is not sorted, to be delivered in order later. */
void scan_stage(struct scan *s, const struct observation *o);
/* Look at the clock: progress, interrupts. */
void scan_tick(struct scan *s);

/* All sensors, kinds in the order of their ids. ERR_INTERRUPTED when the listener said stop. */
int scan_run(struct scan *s, struct err *e) MUST_CHECK;

#endif
