/* What the watcher says. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/state.h"
#include "core/mem.h"

struct look_again look_of_hint(const struct hint *h)
{
	return (struct look_again){ .kind = h->kind,
		.key = h->key,
		.below = h->below,
		.observed = OBSERVED_REALTIME,
		.who = h->who,
		.who_unknown = h->why,
		.happened = h->time,
		.before = h->before };
}

static void take_hint(struct collector *c, const struct notice *n)
{
	struct look_again l = look_of_hint(&n->hint);

	c->hints[l.kind->id]++;
	look_hint(c, &l);
}

static void take_loss(struct collector *c, const struct notice *n)
{
	const struct loss *x = &n->loss;
	struct loss_note loss = { .means = x->means,
		.kind = x->kind,
		.scope = x->scope,
		.from = x->from,
		.to = x->to,
		.count = x->count,
		.text = x->text };

	losses_survey(c, &loss);
}

static void means_free(struct means_row *m)
{
	free(m->scope);
	free(m->name);
	free(m->text);
}

static void means_set(struct means_row *m, const struct means *x)
{
	means_free(m);
	*m = (struct means_row){ x->kind, mem_copy(x->scope.p, x->scope.n),
		mem_copy(x->name.p, x->name.n), mem_copy(x->text.p, x->text.n), x->in_force };
}

static void take_means(struct collector *c, const struct notice *n)
{
	const struct means *x = &n->means;
	struct means_row *m = c->means;
	struct means_row *end = m + c->n_means;

	health_means(c, x);
	while (m < end &&
		!(m->kind == x->kind && span_is(x->scope, m->scope) && span_is(x->name, m->name)))
		m++;
	if (x->gone) { /* nothing is there to be watched any more */
		if (m < end) {
			means_free(m);
			*m = c->means[--c->n_means];
		}
		return;
	}
	if (m == c->means + MEANS_MAX)
		return;
	if (m == end)
		*m = c->means[c->n_means++] = (struct means_row){ 0 };
	means_set(m, x);
}

static void take_ready(struct collector *c, const struct notice *n)
{
	(void)n;
	c->watcher_ready = true;
	c->unready -= c->unready > 0;
	if (c->unready == 0)
		start_survey(c);
	health_watcher(c);
	answer_ready(c);
}

void collector_counts(struct collector *c, const struct count *counts, size_t n)
{
	for (size_t i = 0; i < c->n_counts; i++)
		free((char *)(uintptr_t)c->counts[i].name.p);
	c->n_counts = 0;
	for (size_t i = 0; i < n && i < COUNTS_MAX; i++) {
		struct span name = counts[i].name;

		c->counts[c->n_counts++] =
			(struct count){ { mem_copy(name.p, name.n), name.n }, counts[i].value };
	}
	health_counts(c);
	answer_counts(c);
}

static void take_counts(struct collector *c, const struct notice *n)
{
	collector_counts(c, n->counts, n->n_counts);
}

static void take_canary(struct collector *c, const struct notice *n)
{
	health_canary(c, &n->canary);
	answer_canary(c, &n->canary);
}

static void take_other_name(struct collector *c, const struct notice *n)
{
	linked_heard(c, &n->other_name);
}

static void take_settled(struct collector *c, const struct notice *n)
{
	if (c->late_door)
		c->late_door->settled(c, n->settled);
	hold_settled(c->hold, n->settled);
}

/* It is asked for while a look waits (late.c): now nobody does any more. */
static void take_who(struct collector *c, const struct notice *n)
{
	(void)c, (void)n;
}

void collector_notice(struct collector *c, const struct notice *n)
{
	static void (*const takes[NOTICE_TYPE_N])(struct collector * c, const struct notice *n) = {
		[NOTICE_HINT] = take_hint,
		[NOTICE_LOSS] = take_loss,
		[NOTICE_MEANS] = take_means,
		[NOTICE_READY] = take_ready,
		[NOTICE_CANARY] = take_canary,
		[NOTICE_COUNTS] = take_counts,
		[NOTICE_OTHER_NAME] = take_other_name,
		[NOTICE_SETTLED] = take_settled,
		[NOTICE_WHO] = take_who,
	};

	takes[n->type](c, n);
}

void collector_forget(struct collector *c)
{
	for (size_t i = 0; i < c->n_means; i++)
		means_free(&c->means[i]);
	for (size_t i = 0; i < c->n_counts; i++)
		free((char *)(uintptr_t)c->counts[i].name.p);
	c->n_means = c->n_counts = 0;
}
