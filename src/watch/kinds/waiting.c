/* Hints wait for a moment of quiet, so that what one act does to many places is looked at once. */
#include <stdlib.h>

#include "entity/who.h"
#include "os/clock.h"
#include "watch/kinds/kinds.h"

#define QUIET_NS (INT64_C(20) * 1000000)
#define AT_MOST_NS (INT64_C(200) * 1000000)
#define TOKENS 8 /* looks, one right after the other */
#define INTERVAL_NS (INT64_C(250) * 1000000)
#define INTERVAL_NS_MAX (INT64_C(1) * 1000000000)
#define URGENT_NS (INT64_C(500) * 1000000)
#define KEY_MAX ((size_t)1 << 16)
#define WHO_MAX ((size_t)1 << 18)

/* Of several who did something since the last look the last one is told first. */
static void keep_who(struct kinds_hint *h, struct span who)
{
	struct buf both = BUF_INIT(WHO_MAX);

	if (h->who.n && who.n && span_same(buf_span(&h->who), who))
		return;
	if (!h->who.n || !who.n || !who_join(who, buf_span(&h->who), &both) || both.full) {
		buf_clear(&h->who);
		buf_add_span(&h->who, who);
		buf_done(&both);
		return;
	}
	buf_done(&h->who);
	h->who = both;
}

static void keep(struct kinds_hint *h, const struct kinds_act *act)
{
	if (!h->key.max)
		h->key = BUF_INIT(KEY_MAX), h->who = BUF_INIT(WHO_MAX);
	buf_clear(&h->key);
	buf_add_span(&h->key, act->key);
	keep_who(h, act->who);
	h->below = act->below;
	h->time = act->time ? act->time : clock_now();
	h->why = act->why;
	if (h->key.full) /* longer than any key: then any of them may have */
		buf_clear(&h->key), h->below = false;
	if (h->who.full) {
		buf_clear(&h->who);
		h->why = "what is known of it is too long";
	}
}

/* The place of this key; all of the kind, when there is none left. */
static struct kinds_hint *place(struct kinds_waiting *q, const struct kinds_act *act)
{
	for (size_t i = 0; i < q->n; i++)
		if (span_same(buf_span(&q->hint[i].key), act->key) &&
			q->hint[i].below == act->below)
			return &q->hint[i];
	if (q->n < KINDS_WAITING)
		return &q->hint[q->n++];
	q->n = 1;
	return &q->hint[0];
}

/* ---- when ---- */

static void refill(struct kinds_waiting *q, int64_t now)
{
	int64_t more = q->interval ? (now - q->refilled) / q->interval : TOKENS;

	if (q->tokens + more >= TOKENS) {
		q->tokens = TOKENS;
		q->interval = INTERVAL_NS;
		q->refilled = now;
		return;
	}
	q->tokens += (unsigned)more;
	q->refilled += more * q->interval;
}

static int64_t when(struct kinds_waiting *q, int64_t now)
{
	int64_t at = now + QUIET_NS, next;

	if (at > q->began + AT_MOST_NS)
		at = q->began + AT_MOST_NS;
	refill(q, now);
	next = q->tokens ? at : q->refilled + q->interval;
	if (q->urgent && next > q->sent + URGENT_NS)
		next = q->sent + URGENT_NS;
	return next > at ? next : at;
}

static void spend(struct kinds_waiting *q)
{
	q->sent = clock_monotonic();
	if (q->tokens && --q->tokens)
		return;
	q->interval = q->interval * 2 < INTERVAL_NS_MAX ? q->interval * 2 : INTERVAL_NS_MAX;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	kinds_send_waiting(ctx);
}

void kinds_wait(struct watched_kind *k, const struct kinds_act *act)
{
	struct kinds_waiting *q = &k->waiting;
	int64_t now = clock_monotonic();
	size_t waited = q->n;
	struct kinds_hint *h;

	if (!q->timer)
		q->timer = evtimer_new(k->all->w->base, on_timer, k);
	if (q->n == 0)
		q->began = now;
	h = place(q, act);
	if (q->n != waited) /* a new one; what its place held was sent long ago */
		buf_clear(&h->who);
	if (q->n < waited)
		keep(h, &(struct kinds_act){ .time = act->time,
				.why = "too much happened at once" });
	else
		keep(h, act);
	q->urgent |= act->urgent;
	kinds_timer(q->timer, when(q, now) - now);
}

void kinds_send_waiting(struct watched_kind *k)
{
	struct kinds_waiting *q = &k->waiting;
	size_t sent = 0;

	for (; k->asked && sent < q->n; sent++) {
		const struct kinds_hint *h = &q->hint[sent];
		struct notice n = { .type = NOTICE_HINT,
			.hint = { .kind = k->kind,
				.key = buf_span(&h->key),
				.below = h->below,
				.time = h->time,
				.who = buf_span(&h->who),
				.why = span_of(h->who.n ? NULL : h->why) } };

		if (!watcher_send(k->all->w, &n))
			break;
	}
	if (sent == q->n || !k->asked) {
		q->urgent = false;
		q->n = 0;
	}
	if (sent)
		spend(q);
	for (size_t i = 0; sent && i + sent < q->n; i++) {
		struct kinds_hint moved = q->hint[i];

		q->hint[i] = q->hint[i + sent];
		q->hint[i + sent] = moved;
	}
	if (q->n)
		q->n -= sent;
}

void kinds_waiting_done(struct watched_kind *k)
{
	if (k->waiting.timer)
		event_free(k->waiting.timer);
	for (size_t i = 0; i < KINDS_WAITING; i++) {
		buf_done(&k->waiting.hint[i].key);
		buf_done(&k->waiting.hint[i].who);
	}
}
