/* Paths at which something happened and of which the collector is not yet told: one row a path,
 * told when it rests. Knows no clock and sends nothing itself. */
#ifndef WATCH_FILES_PENDING_H
#define WATCH_FILES_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

#define MS INT64_C(1000000)
#define PENDING_JOINED 8

/* Who it was, as bytes that many rows share. */
struct whodunit {
	unsigned refs, rows;    /* rows: of pending */
	const char *why;        /* a literal: not known, because */
	unsigned part;          /* enum who_part */
	struct whodunit *plain; /* of another part than WHO_TOUCHED: the same process as that */
	size_t n;
	char bytes[]; /* entity/who.h */
};
struct whodunit *whodunit_new(struct span who, const char *why); /* one reference */
/* The same process with another part (enum who_part); one reference. NULL: it cannot be said. */
struct whodunit *whodunit_part(struct whodunit *x, unsigned part);
void whodunit_drop(struct whodunit *x); /* accepts NULL */
bool whodunit_same(const struct whodunit *a, const struct whodunit *b);

/* What is to be expected to follow. */
enum pending_rest {
	REST_OPEN,    /* more of the same: it is being written */
	REST_SETTLED, /* nothing */
	REST_PASSING, /* by its name: soon it will be gone, or have another one */
};

struct pending_row {
	uint32_t next; /* in its bucket, 1 + index */
	uint32_t hash;
	bool waiting; /* else it was told, and is kept to know how often it was */
	bool below;
	bool restless; /* it did not rest when it was told last */
	enum pending_rest rest;
	unsigned char level; /* how often it was told without a rest between */
	int64_t first, last; /* monotonic: of what is not told yet; of all */
	int64_t told;        /* monotonic: when last; 0: never */
	int64_t due;
	int64_t time; /* of the last act, ns since epoch */
	struct whodunit *who;
	struct whodunit
		*mounter; /* NULL, or who brought or took all below: `who` is of the point */
	int64_t before;   /* of the mounter; 0: all of it */
	uint32_t path_n;
	char *path; /* owned */
};

struct pending {
	struct pending_row *row;
	uint32_t *bucket;
	uint32_t n, cap, n_waiting;
	uint32_t most; /* rows */
	size_t bytes;
	int64_t due; /* of the earliest that waits; INT64_MAX: none does */
	/* Joined lately, so that many acts of the same two cost nothing. A reference of each. */
	struct pending_joined {
		struct whodunit *last, *earlier, *both;
	} joined[PENDING_JOINED];
	unsigned at_joined;
};

struct pending_act {
	struct span path;
	bool below;
	bool mounted;   /* something else is there now, or no more: by `who` */
	int64_t before; /* of what was mounted: as in struct hint */
	enum pending_rest rest;
	int64_t now;  /* monotonic */
	int64_t time; /* ns since epoch */
	struct whodunit *who;
};

void pending_init(struct pending *p, unsigned most);
void pending_done(struct pending *p);
/* False: it is full, and this was not taken. */
bool pending_add(struct pending *p, const struct pending_act *x);
/* The next one whose time has come; NULL: none has now (p->due says when). Valid until the next
 * call. */
struct pending_row *pending_next(struct pending *p, int64_t now, uint32_t *at);
/* It was told. */
void pending_told(struct pending *p, struct pending_row *r, int64_t now);
/* All that wait are due now. */
void pending_hurry(struct pending *p, int64_t now);
/* Forget those that rest; afterwards p->due is right. */
void pending_sweep(struct pending *p, int64_t now);

#endif
