/* Does the watcher still listen? One that stands still (stopped, or in a system call that does not
 * come back) hears of nothing and says nothing, which looks like a quiet host. So it is asked when
 * it said nothing for longer than what is polled takes to come round: where that speaks, nobody
 * need be woken to ask. When nothing at all comes for ten seconds more, another one takes its
 * place, and what happened since its last word is lost, and looked for. */
#include <stdlib.h>

#include "agent/collector/state.h"
#include "agent/log.h"
#include "core/mem.h"
#include "os/clock.h"

#define SECOND INT64_C(1000000000)
#define PERIOD_NS (11 * SECOND)
#define PATIENCE_NS (10 * SECOND)
#define POLICY_NS (60 * SECOND) /* where it has to put a watch on each folder of a large tree */
#define LATE_NS (2 * SECOND)    /* then we did not run ourselves, and it had no time to answer */

struct pulse {
	struct timer *due;
	int64_t asked;    /* monotonic; 0: nothing is awaited */
	int64_t patience; /* ns, for what was asked */
	bool policy;      /* it was given another policy since */
	int64_t heard;    /* its last word, ns since epoch */
};

static void ask(struct collector *c)
{
	struct pulse *p = c->pulse;

	p->asked = clock_monotonic();
	p->patience = p->policy ? POLICY_NS : PATIENCE_NS;
	p->policy = false;
	collector_ask(c, REQUEST_COUNTS, 0, SPAN_NONE);
	timer_start(p->due, p->patience);
}

static void on_due(void *ctx)
{
	struct collector *c = ctx;
	struct pulse *p = c->pulse;
	int64_t late = clock_monotonic() - p->asked - p->patience;

	if (!c->watcher_ready)
		return; /* the next one begins anew */
	if (!p->asked || late > LATE_NS) {
		ask(c);
		return;
	}
	log_say(LOG_LEVEL_WARNING, "the watcher did not answer for %lld s: another one is begun",
		(long long)(p->patience / SECOND));
	p->asked = 0;
	c->unheard_since = p->heard;
	answer_watcher_stuck(c);
}

void pulse_begin(struct collector *c)
{
	if (!c->pulse) {
		c->pulse = mem_new(sizeof *c->pulse);
		c->pulse->due = timer_new(c->loop, on_due, c);
	}
	c->pulse->asked = 0;
	c->pulse->heard = clock_now();
	timer_start(c->pulse->due, PERIOD_NS);
}

void pulse_policy(struct collector *c)
{
	if (c->pulse)
		c->pulse->policy = true;
}

void pulse_heard(struct collector *c)
{
	struct pulse *p = c->pulse;

	if (!p)
		return;
	p->heard = clock_now();
	p->asked = 0;
	timer_start(p->due, PERIOD_NS);
}

void pulse_stop(struct collector *c)
{
	if (!c->pulse)
		return;
	timer_free(c->pulse->due);
	free(c->pulse);
	c->pulse = NULL;
}
