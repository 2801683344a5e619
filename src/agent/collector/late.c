/* A look sees what happens while it is under way, and what waits with the watcher to be told: whose
 * that is, is asked for before it is recorded. What comes meanwhile takes its turn behind the look.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "agent/collector/state.h"
#include "core/mem.h"
#include "os/clock.h"

#define WAIT_MS 60 /* the store is locked, and what waits to be told is late */
#define HEARD_BYTES ((size_t)4 << 20)

struct late {
	struct arena *arena; /* of these */
	struct notice *notice;
	size_t n, cap, bytes;
	uint32_t asked; /* the number of what was not answered in time; 0: all was */
};

/* What it points to is gone with the next frame. */
static struct notice *keep(struct late *x, const struct notice *n)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		x->notice = mem_grow(x->notice, x->cap, sizeof *x->notice);
	}
	x->notice[x->n] = *n;
	return &x->notice[x->n++];
}

/* 1: one came, in *ret; 0: none does in time. */
static int next(struct collector *c, int64_t until, struct notice **ret)
{
	struct late *x = c->late;
	int64_t left = (until - clock_monotonic()) / 1000000;
	struct notice n;
	struct span frame;
	struct err e;

	if (left <= 0 || x->bytes > HEARD_BYTES ||
		channel_wait(&c->watcher.channel, &frame, (int)left, &e) < 0)
		return 0;
	x->bytes += frame.n;
	if (notice_decode(arena_copy(x->arena, frame), x->arena, &n, &e) < 0)
		return 0;
	if (n.type == NOTICE_HINT) {
		hint_complete(&c->hint_before, &n.hint);
		x->bytes += n.hint.who.n;
		n.hint.who = arena_copy(x->arena, n.hint.who);
		n.hint.why = arena_copy(x->arena, n.hint.why);
	}
	*ret = keep(x, &n);
	return 1;
}

static void ask(struct collector *c, const struct late_asked *x)
{
	AUTO(buf) text = BUF_INIT(NOTICE_FRAME_MAX);

	for (size_t i = 0; i < x->n; i++) {
		buf_clear(&text);
		request_whose_put(x->whose[i].kind, x->whose[i].key, &text);
		collector_ask(c, x->ended[i] ? REQUEST_ENDED : REQUEST_WHO, x->pid[i],
			buf_span(&text));
	}
	buf_clear(&text);
	buf_add_char(&text, 0);
	for (unsigned id = 0; id < KIND_IDS; id++)
		if (x->flat >> id & 1)
			buf_add_char(&text, (char)(id + 1));
	c->late->asked = hold_number(c->hold);
	collector_ask(c, REQUEST_SETTLE, c->late->asked, x->files ? SPAN_NONE : buf_span(&text));
}

/* The process of what was asked for is whose it is. */
static bool take_who(const struct late_asked *x, const struct hint *h, struct look_again *ret)
{
	for (size_t i = 0; i < x->n; i++) {
		if (x->whose[i].kind != h->kind || !span_same(x->whose[i].key, h->key))
			continue;
		*ret = x->whose[i];
		ret->who = h->who;
		ret->who_unknown = h->why;
		return h->who.n > 0;
	}
	return false;
}

static size_t hear(void *ctx, const struct late_asked *x, struct arena *a,
	const struct look_again **ret)
{
	struct collector *c = ctx;
	int64_t until = clock_monotonic() + WAIT_MS * INT64_C(1000000);
	struct look_again *looks;
	struct notice *n;
	size_t from, found = 0;

	if (!c->watcher.open || !c->watcher_ready || c->hearing || c->stopping)
		return 0;
	if (!c->late) {
		c->late = mem_new(sizeof *c->late);
		c->late->arena = arena_new();
	}
	if (c->late->asked) /* it does not answer */
		return 0;
	from = c->late->n;
	ask(c, x);
	while (c->late->asked && next(c, until, &n))
		if (n->type == NOTICE_SETTLED && n->settled >= c->late->asked)
			c->late->asked = 0;
	looks = arena_get(a, (c->late->n - from + 1) * sizeof *looks);
	for (size_t i = from; i < c->late->n; i++) {
		n = &c->late->notice[i];
		if (n->type == NOTICE_HINT && n->hint.time <= x->until)
			looks[found++] = look_of_hint(&n->hint);
		else if (n->type == NOTICE_WHO)
			found += take_who(x, &n->hint, &looks[found]);
	}
	*ret = looks;
	return found;
}

static void done(struct collector *c)
{
	struct late *x = c->late;

	if (!x || (x->n == 0 && x->bytes == 0))
		return;
	for (size_t i = 0; i < x->n; i++)
		collector_heard(c, &x->notice[i]);
	x->n = x->bytes = 0;
	arena_clear(x->arena);
	/* what was read and not taken is not waited for by anybody */
	if (c->watcher.open)
		event_active(c->watcher.readable, EV_READ, 0);
}

static void stop(struct collector *c)
{
	if (!c->late)
		return;
	arena_free(c->late->arena);
	free(c->late->notice);
	free(c->late);
	c->late = NULL;
}

static void settled(struct collector *c, uint32_t number)
{
	if (c->late && c->late->asked && c->late->asked <= number)
		c->late->asked = 0;
}

const struct late_door late_door = { hear, done, settled, stop };
