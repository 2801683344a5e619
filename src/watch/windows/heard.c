#include "watch/windows/heard.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "os/clock.h"

#define BUCKETS 4096 /* a power of two */

/* One notice, as its frame. */
struct word {
	struct word *next, *chain;
	uint64_t hash; /* of a hint: what it is of */
	bool hint;
	size_t n;
	char frame[];
};

/* Hints of a kind that found no room. */
struct dropped {
	int64_t from;
	uint64_t count;
};

struct heard {
	SRWLOCK lock;
	HANDLE bell;
	struct word *first, **last;
	struct word *bucket[BUCKETS];
	size_t hints, bytes;
	struct dropped dropped[KIND_IDS];
	unsigned n_dropped; /* kinds of which something is dropped */
	struct hearings_counts counts;
};

struct heard *heard_new(HANDLE bell)
{
	struct heard *q = mem_new(sizeof *q);

	InitializeSRWLock(&q->lock);
	q->bell = bell;
	q->last = &q->first;
	return q;
}

void heard_free(struct heard *q)
{
	if (!q)
		return;
	for (struct word *w = q->first, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	free(q);
}

/* ---- the same thing again ---- */

static uint64_t hash_hint(const struct hint *x)
{
	return hash_end(hash_add(HASH_START ^ x->kind->id ^ (uint64_t)x->below << 8, x->key));
}

static bool is_of(const struct word *w, uint64_t hash, const struct hint *x)
{
	struct notice n;
	struct err e;

	return w->hash == hash && notice_decode(span_from(w->frame, w->n), NULL, &n, &e) == 0 &&
	       n.hint.kind == x->kind && n.hint.below == x->below && span_same(n.hint.key, x->key);
}

static bool waits(const struct heard *q, uint64_t hash, const struct hint *x)
{
	for (const struct word *w = q->bucket[hash % BUCKETS]; w; w = w->chain)
		if (is_of(w, hash, x))
			return true;
	return false;
}

static void forget(struct heard *q, struct word *w)
{
	struct word **at = &q->bucket[w->hash % BUCKETS];

	if (!w->hint)
		return;
	while (*at != w)
		at = &(*at)->chain;
	*at = w->chain;
	q->hints--;
	q->bytes -= sizeof *w + w->n;
}

/* ---- in ---- */

static struct word *word_new(const struct notice *n)
{
	AUTO(buf) frame = BUF_INIT(NOTICE_FRAME_MAX);
	struct word *w;

	notice_encode(n, &frame);
	if (frame.full)
		return NULL;
	w = mem_new(sizeof *w + frame.n);
	w->n = frame.n;
	memcpy(w->frame, frame.p, frame.n);
	return w;
}

static void append(struct heard *q, struct word *w)
{
	*q->last = w;
	q->last = &w->next;
}

static void drop(struct heard *q, const struct hint *x)
{
	struct dropped *d = &q->dropped[x->kind->id];

	if (!d->count) {
		d->from = x->time ? x->time : clock_now();
		q->n_dropped++;
	}
	d->count++;
	q->counts.dropped++;
}

static void put_hint(struct heard *q, const struct notice *n)
{
	uint64_t hash = hash_hint(&n->hint);
	struct word *w;

	q->counts.hints++;
	if (waits(q, hash, &n->hint)) {
		q->counts.joined++;
		return;
	}
	w = q->hints < HEARINGS_MAX && q->bytes < HEARINGS_BYTES ? word_new(n) : NULL;
	if (!w) {
		drop(q, &n->hint);
		return;
	}
	w->hint = true;
	w->hash = hash;
	w->chain = q->bucket[hash % BUCKETS];
	q->bucket[hash % BUCKETS] = w;
	q->hints++;
	q->bytes += sizeof *w + w->n;
	append(q, w);
}

void heard_put(struct heard *q, const struct notice *n)
{
	AcquireSRWLockExclusive(&q->lock);
	if (n->type == NOTICE_HINT) {
		put_hint(q, n);
	} else {
		struct word *w = word_new(n);

		if (w)
			append(q, w);
	}
	SetEvent(q->bell);
	ReleaseSRWLockExclusive(&q->lock);
}

/* ---- out ---- */

static bool take_dropped(struct heard *q, struct notice *ret)
{
	for (unsigned id = 0; q->n_dropped && id < KIND_IDS; id++) {
		struct dropped *d = &q->dropped[id];

		if (!d->count)
			continue;
		*ret = (struct notice){ .type = NOTICE_LOSS };
		ret->loss = (struct loss){ .means = span_of("hearing"),
			.kind = kind_by_id((uint8_t)id),
			.from = d->from,
			.to = clock_now(),
			.count = d->count,
			.text = span_of("more was heard of at once than could be kept in mind") };
		*d = (struct dropped){ 0 };
		q->n_dropped--;
		return true;
	}
	return false;
}

static bool take_word(struct heard *q, struct arena *a, struct notice *ret)
{
	struct word *w = q->first;
	struct err e;

	if (!w)
		return false;
	q->first = w->next;
	if (!q->first)
		q->last = &q->first;
	forget(q, w);
	/* what was encoded by us */
	(void)!notice_decode(arena_copy(a, span_from(w->frame, w->n)), a, ret, &e);
	free(w);
	return true;
}

bool heard_take(struct heard *q, struct arena *a, struct notice *ret)
{
	bool took;

	AcquireSRWLockExclusive(&q->lock);
	took = take_word(q, a, ret) || take_dropped(q, ret);
	if (!q->first && !q->n_dropped)
		ResetEvent(q->bell);
	ReleaseSRWLockExclusive(&q->lock);
	return took;
}

struct hearings_counts heard_counts(struct heard *q)
{
	struct hearings_counts c;

	AcquireSRWLockExclusive(&q->lock);
	c = q->counts;
	ReleaseSRWLockExclusive(&q->lock);
	return c;
}
