/* A program that is given the records as lines. */
#include "agent/link/link.h"

static void stop_command(struct lane *l)
{
	program_stop(l->at);
	l->at = NULL;
}

static void on_end(struct lane *l, const char *why)
{
	stop_command(l);
	if (why)
		lane_failed(l, "'%.100s' %s", l->route->argv[0], why);
	else
		lane_taken(l);
}

static void send_command(struct lane *l)
{
	struct program *c = NULL;
	struct err e;

	if (program_start(&c, l, l->route->argv, buf_span(&l->batch.text), on_end, &e) < 0)
		lane_failed(l, "%s", e.text);
	l->at = c;
}

const struct sink sink_command = { send_command, stop_command };
