/* The collector towards the parent, the link and the command line. */
#include "agent/collector_state.h"

int answer_start(struct collector *c, struct err *e)
{
	(void)c, (void)e;
	return 0;
}

void answer_stop(struct collector *c)
{
	(void)c;
}

void answer_record(struct collector *c, const struct ledger_record *r)
{
	(void)c, (void)r;
}

void answer_ready(struct collector *c)
{
	(void)c;
}

void answer_counts(struct collector *c)
{
	(void)c;
}

void answer_canary(struct collector *c, const struct canary *x)
{
	(void)c, (void)x;
}

/* Who began us begins another one, and says so; without a parent there is none to come. */
void answer_watcher_lost(struct collector *c, const struct err *why)
{
	if (c->setup.parent < 0)
		collector_end(c, why);
}

void answer_reload(struct collector *c)
{
	struct err e;

	(void)!start_reload(c, NULL, &e);
}

void answer_job_done(struct collector *c, const struct job *j)
{
	(void)c, (void)j;
}
