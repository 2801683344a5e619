/* Numbers of the running agent as a file for the Prometheus node exporter (textfile collector):
 * written whole and renamed, at most every 15 s, and only when something changed. */
#ifndef AGENT_HEALTH_METRICS_H
#define AGENT_HEALTH_METRICS_H

#include <event2/event.h>

#include "agent/health/canary.h"
#include "change/pipeline.h"
#include "watch/notice.h"

#define METRICS_PATIENCE_MS 5000

struct metrics;

struct metrics_hooks {
	void *ctx;
	unsigned patience_ms; /* until a file that cannot be written is left: METRICS_PATIENCE_MS */
	/* Called before the file is written, for what is asked for and not told: metrics_gauge,
	 * metrics_memory, REQUEST_COUNTS (its answer is waited for a moment). May be NULL. */
	void (*gather)(void *ctx, struct metrics *m);
	/* The file cannot be written; told once, until it can be again. May be NULL. */
	void (*failed)(void *ctx, const struct err *why);
	/* The process that writes the file, begun just now. May be NULL. */
	void (*writer)(void *ctx, uint32_t pid);
};

/* path NULL: numbers are kept, but no file is written. */
int metrics_new(struct metrics **ret, struct event_base *base, const char *path,
	const struct metrics_hooks *hooks, struct err *e) MUST_CHECK;
void metrics_free(struct metrics *m); /* accepts NULL */
void metrics_freep(struct metrics **m);

/* ---- what happens: each makes the file due ---- */

/* A record of the ledger: counts changes (with their latency, from the act to the record), losses,
 * repairs, gaps. */
void metrics_record(struct metrics *m, const struct ledger_record *r);
/* A scan that came to its end; name is a literal. */
struct metrics_scan {
	const char *name;
	int64_t from, to; /* ns since epoch */
	uint64_t entities, bytes, gaps;
};
void metrics_scanned(struct metrics *m, const struct metrics_scan *scan);
void metrics_canary(struct metrics *m, const struct canary *answer);

/* ---- what stands: none of these makes the file due ---- */

void metrics_counts(struct metrics *m, const struct count *counts, size_t n);
enum metrics_gauge {
	METRICS_QUEUE_HINTS,  /* looks that wait */
	METRICS_QUEUE_WRITES, /* bytes that wait for the link */
	METRICS_LEDGER_SEQ,
	METRICS_ENTITIES,
	METRICS_STORE_BYTES,
	METRICS_CANARY_FAULTS,
	METRICS_GAUGE_N
};
void metrics_gauge(struct metrics *m, enum metrics_gauge what, uint64_t value);
/* Resident memory of one of our processes. */
void metrics_memory(struct metrics *m, const char *role, uint32_t pid);
/* AGENT_ROLES: the memory of each. AGENT_ROUTE_STATE. What is not of that form is left out. */
void metrics_roles(struct metrics *m, struct span json);
void metrics_routes(struct metrics *m, struct span json);

/* Why the file is not written; NULL: it is, or none is asked for. */
const char *metrics_trouble(const struct metrics *m);
/* The text as it would be written now. */
void metrics_print(const struct metrics *m, struct buf *ret);

#endif
