/* A program that is given the records as lines: one each batch. */
#include "agent/sinks/windows/carrier.h"
#include "os/windows/feed.h"

static int open_command(void **ret, const struct route *r, struct err *e)
{
	(void)e; /* what can fail fails when it is run */
	*ret = feed_new(r->argv);
	return 0;
}

/* The next batch has a program of its own. */
static int carry_command(void *at, const struct parcel *p, struct err *e)
{
	return feed_run(at, buf_span(&p->body), e);
}

static void cancel_command(void *at)
{
	feed_cancel(at);
}

static void close_command(void *at)
{
	feed_free(at);
}

static const struct carrier command = { open_command, NULL, carry_command, cancel_command,
	close_command };

static void send_command(struct lane *l)
{
	carrier_send(l, &command);
}

const struct sink sink_command = { send_command, carrier_stop };
