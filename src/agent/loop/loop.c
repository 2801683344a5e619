#include "agent/loop/loop.h"

#include <stdlib.h>

#include "agent/loop/loop_event.h"
#include "core/mem.h"

struct loop {
	struct event_base *base;
};

struct timer {
	struct event *event;
	void (*due)(void *ctx);
	void *ctx;
};

int loop_new(struct loop **ret, struct err *e)
{
	struct event_base *base = event_base_new();

	if (!base)
		return err_set(e, ERR_SYSTEM, "cannot make an event loop");
	*ret = mem_new(sizeof **ret);
	(*ret)->base = base;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(const struct loop *l)
{
	return l->base;
}

void loop_run(struct loop *l)
{
	event_base_dispatch(l->base);
}

void loop_end(struct loop *l)
{
	event_base_loopbreak(l->base);
}

static void on_due(evutil_socket_t fd, short what, void *ctx)
{
	struct timer *t = ctx;

	(void)fd, (void)what;
	t->due(t->ctx);
}

struct timer *timer_new(struct loop *l, void (*due)(void *ctx), void *ctx)
{
	struct timer *t = mem_new(sizeof *t);

	t->due = due;
	t->ctx = ctx;
	t->event = evtimer_new(l->base, on_due, t);
	if (!t->event)
		abort(); /* out of memory, see core/mem.h */
	return t;
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	event_free(t->event);
	free(t);
}

void timer_start(struct timer *t, int64_t ns)
{
	struct timeval tv = { ns / 1000000000, ns % 1000000000 / 1000 };

	evtimer_add(t->event, &tv);
}

void timer_stop(struct timer *t)
{
	evtimer_del(t->event);
}

bool timer_waits(const struct timer *t)
{
	return evtimer_pending(t->event, NULL);
}
