/* The means by which processes are heard of, from the best one down. */
#ifndef WATCH_PROCESS_PROCESS_HEAR_H
#define WATCH_PROCESS_PROCESS_HEAR_H

#include "core/err.h"
#include "watch/watcher.h"

/* The table has changed: into the counters. */
void processes_count(struct watcher *w);
/* Something was lost by the means in force: it is told, and all that runs is looked at again. count
 * 0: nobody knows how much. */
void processes_lost(struct watcher *w, uint64_t count, const char *why);

/* ---- process_trace.c: BPF ---- */

int trace_start(struct watcher *w, struct err *e) MUST_CHECK;
void trace_stop(struct watcher *w);
void trace_drain(struct watcher *w);

/* ---- process_connector.c: the kernel's proc connector ---- */

int connector_start(struct watcher *w, struct err *e) MUST_CHECK;
void connector_stop(struct watcher *w);
void connector_drain(struct watcher *w);

#endif
