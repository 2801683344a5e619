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

const struct watch_path *kinds_paths(struct watcher *w)
{
	static const struct watch_path none[] = { { NULL, NULL } };

	(void)w;
	return none;
}

void kinds_path(struct watcher *w, const struct watch_path *p, struct span path, int64_t time,
	struct span who, const char *why)
{
	(void)w, (void)p, (void)path, (void)time, (void)who, (void)why;
}

void kinds_mounts(struct watcher *w, int64_t time)
{
	(void)w, (void)time;
}
