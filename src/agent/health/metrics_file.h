/* The file of metrics, replaced by a process of its own: the file system it is to lie on may not
 * answer, and whoever writes there waits for as long as that takes. */
#ifndef AGENT_HEALTH_METRICS_FILE_H
#define AGENT_HEALTH_METRICS_FILE_H

#include <event2/event.h>

#include "core/err.h"
#include "core/span.h"

struct metrics_file;

struct metrics_file_hooks {
	void *ctx;
	unsigned patience_ms; /* that a write may take */
	/* Of each write: why NULL: the file was replaced. */
	void (*ended)(void *ctx, const struct err *why);
	/* A process was begun, which is one of ours. May be NULL. */
	void (*began)(void *ctx, uint32_t pid);
};

/* At most max bytes. */
int metrics_file_new(struct metrics_file **ret, struct event_base *base, const char *path,
	size_t max, const struct metrics_file_hooks *hooks, struct err *e) MUST_CHECK;
/* Lets the write under way come to its end, while it may take. Accepts NULL. */
void metrics_file_free(struct metrics_file *f);
/* Begins the process where there is none, so that others know of it before it writes. */
void metrics_file_prepare(struct metrics_file *f);
/* To be called when none is under way. */
void metrics_file_write(struct metrics_file *f, struct span text);
bool metrics_file_busy(const struct metrics_file *f);

#endif
