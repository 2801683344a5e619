/* Canaries: on a random timer the watcher is asked to do in every place what it is there to hear
 * of, and to say whether it heard. A place that is silent though it should not be is a fault, told
 * once, until it is heard again. */
#ifndef AGENT_HEALTH_CANARY_H
#define AGENT_HEALTH_CANARY_H

#include <event2/event.h>

#include "watch/notice.h"

struct json; /* core/json.h */

#define CANARY_PLACES_MAX 512 /* more are counted, and not kept */

/* One place watched by one means: a mount, or a kind. */
struct canary_place {
	const struct kind *kind;
	struct span scope;     /* kind file: the mount point; else empty */
	int64_t heard;         /* when it was heard last, ns since epoch; 0: never */
	int64_t latency;       /* then, ns */
	uint64_t seen, missed; /* how often */
	bool fault;
	struct span text; /* not heard: why that is, or is not, a fault */
};

struct canary_hooks {
	void *ctx;
	/* REQUEST_CANARY to the watcher; false: there is none now, try next time. */
	bool (*ask)(void *ctx);
	/* A place fell silent, or speaks again (place->fault is false then). What happened there
	 * since place->heard may not have been heard of: look at all of it again. */
	void (*changed)(void *ctx, const struct canary_place *place);
	/* All have answered, or had the time to. */
	void (*done)(void *ctx);
};

struct canaries;

/* mean: seconds between two rounds, on average; 0: only by canaries_now. */
int canaries_new(struct canaries **ret, struct event_base *base, unsigned mean,
	const struct canary_hooks *hooks, struct err *e) MUST_CHECK;
void canaries_free(struct canaries *c); /* accepts NULL */
void canaries_freep(struct canaries **c);

/* Begin a round at once, if none is under way; hooks.done says when it is over. */
void canaries_now(struct canaries *c);
/* NOTICE_CANARY came. */
void canaries_answer(struct canaries *c, const struct canary *answer);
/* NOTICE_MEANS came: a place that is watched no more needs no canary. */
void canaries_means(struct canaries *c, const struct means *means);
/* Another watcher is there: nobody answers what the one before was asked. */
void canaries_restart(struct canaries *c);

/* In the order they were first heard of; valid until the next call of another function. */
size_t canaries_places(const struct canaries *c, const struct canary_place **ret);
size_t canaries_faults(const struct canaries *c);
/* An array: an object for each place. */
void canaries_json(const struct canaries *c, struct json *j);

#endif
