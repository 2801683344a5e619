/* What could not be looked at is looked at again later: a file system that did not answer may
 * answer by then, and nobody would tell. */
#include <stdlib.h>

#include "agent/collector/state.h"
#include "core/mem.h"

#define FIRST_NS INT64_C(65000000000) /* what hung is left alone for a minute */
#define TIMES 6 /* each time after twice as long; then the next scan sees it */
#define BATCHES 8
#define MOST 1024 /* looks of a batch; more are left to a scan */

struct batch {
	struct backlog *looks; /* NULL: the place is free */
	struct timer *timer;
	struct collector *collector;
	unsigned times;
};

struct again {
	struct batch batch[BATCHES];
	unsigned times; /* of what is being looked at now */
};

static void on_timer(void *ctx)
{
	AUTO_FREE(arena) arena = arena_new();
	struct batch *b = ctx;
	struct collector *c = b->collector;
	struct backlog *looks = b->looks;
	struct look_again *list;
	size_t n = backlog_take(looks, MOST, NULL, NULL, arena, &list);

	timer_free(b->timer);
	c->again->times = b->times;
	*b = (struct batch){ 0 };
	backlog_free(looks);
	for (size_t i = 0; i < n; i++)
		look_soon(c, &list[i]);
	look_all(c);
	c->again->times = 0;
}

/* Kinds without paths are looked at whenever one of their sources says something, and polled. */
static size_t keep(struct batch *b, const struct look_again *looks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (looks[i].kind->hierarchical)
			(void)backlog_add(b->looks, &looks[i]);
	return backlog_count(b->looks);
}

void again_later(struct collector *c, const struct look_again *looks, size_t n)
{
	struct batch *b = NULL;

	if (!c->again)
		c->again = mem_new(sizeof *c->again);
	if (n > MOST || c->again->times >= TIMES)
		return;
	for (size_t i = 0; i < BATCHES && !b; i++)
		if (!c->again->batch[i].looks)
			b = &c->again->batch[i];
	if (!b)
		return;
	*b = (struct batch){ .looks = backlog_new(), .collector = c, .times = c->again->times + 1 };
	if (keep(b, looks, n) == 0) {
		backlog_free(b->looks);
		*b = (struct batch){ 0 };
		return;
	}
	b->timer = timer_new(c->loop, on_timer, b);
	timer_start(b->timer, FIRST_NS << c->again->times);
}

void again_free(struct collector *c)
{
	for (size_t i = 0; c->again && i < BATCHES; i++) {
		if (!c->again->batch[i].looks)
			continue;
		timer_free(c->again->batch[i].timer);
		backlog_free(c->again->batch[i].looks);
	}
	free(c->again);
	c->again = NULL;
}
