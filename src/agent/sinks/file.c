/* A route to: file where each has a process of its own, which may wait. */
#include "agent/link/link.h"
#include "agent/sinks/file_write.h"

static void send_file(struct lane *l)
{
	const struct route *r = l->route;
	const struct file_target to = { r->path, r->rotate_size, r->rotate_count };
	const struct file_lines lines = { l->batch.text.p, l->batch.ends, l->batch.n };
	struct err e;

	if (file_write_lines(&to, &lines, &e) < 0)
		lane_failed(l, "'%.300s': %s", r->path, e.text);
	else
		lane_taken(l);
}

static void stop_file(struct lane *l)
{
	(void)l; /* nothing stays open */
}

const struct sink sink_file = { send_file, stop_file };
