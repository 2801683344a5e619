/* Every kind but files. */
#include "watch/watcher.h"

static int start(struct watcher *w, struct err *e)
{
	(void)w, (void)e;
	return 0;
}

static void stop(struct watcher *w)
{
	(void)w;
}

void kinds_process(struct watcher *w, const struct process_event *x)
{
	(void)w, (void)x;
}

const struct watch_room watch_kinds = { .name = "kinds", .start = start, .stop = stop };
