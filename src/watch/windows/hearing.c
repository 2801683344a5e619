/* Threads: one for each room, which begins the room again when it fails, and one that says when all
 * of them listen. What they share (queue, policy, end) is counted, so that a room which never
 * returns, such as one in a COM call, can be left behind. */
#include "watch/windows/hearing.h"

#include <process.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "watch/windows/heard.h"

#define ROOMS_MAX 16
#define MEANS_MAX 512
#define READY_MS 2000
#define LEAVE_MS 10000 /* then a room is left behind */
#define AGAIN_MS 250   /* after the first failure; doubled by each that follows soon */
#define AGAIN_MAX_MS 60000
#define STEADY_NS INT64_C(60000000000) /* who ran that long did not fail at once */

/* One begin of all rooms, by one policy. */
struct round {
	atomic_int refs;
	atomic_int unready; /* rooms that have not said that they listen */
	atomic_bool mute;   /* left behind: nobody hears it any more */
	struct policy *policy;
	struct heard *heard;
	atomic_int *heard_refs;
	HANDLE end, ready, bell;
	char *spare;
};

struct said {
	const struct kind *kind;
	char *scope, *name;
	size_t n_scope, n_name;
};

struct hearing {
	struct round *round;
	const struct hearing_room *room;
	struct said said[MEANS_MAX]; /* means in force, as the room said */
	size_t n_said;
	uint64_t kinds; /* of them, a bit per id; also of those before a failure */
	bool listens;
	int64_t blind; /* ns since epoch: not heard of since; 0: it listens, or never did */
};

struct hearings {
	const struct hearing_room *const *rooms;
	char *spare;
	struct heard *heard;
	atomic_int *heard_refs;
	HANDLE bell;
	struct round *round; /* NULL: nothing runs */
	HANDLE threads[ROOMS_MAX + 1];
	DWORD n_threads;
};

/* ---- what is shared ---- */

static void heard_drop(struct heard *q, atomic_int *refs, HANDLE bell)
{
	if (atomic_fetch_sub(refs, 1) > 1)
		return;
	heard_free(q);
	CloseHandle(bell);
	free(refs);
}

static void round_drop(struct round *r)
{
	if (atomic_fetch_sub(&r->refs, 1) > 1)
		return;
	policy_free(r->policy);
	heard_drop(r->heard, r->heard_refs, r->bell);
	CloseHandle(r->end);
	CloseHandle(r->ready);
	free(r->spare);
	free(r);
}

static void say(struct hearing *h, const struct notice *n)
{
	if (!atomic_load(&h->round->mute))
		heard_put(h->round->heard, n);
}

/* ---- the door of the rooms ---- */

const struct policy *hearing_policy(const struct hearing *h)
{
	return h->round->policy;
}

const char *hearing_spare(const struct hearing *h)
{
	return h->round->spare;
}

HANDLE hearing_end(const struct hearing *h)
{
	return h->round->end;
}

void hear_hint(struct hearing *h, const struct hint *x)
{
	say(h, &(struct notice){ .type = NOTICE_HINT, .hint = *x });
}

void hear_loss(struct hearing *h, const struct loss *x)
{
	say(h, &(struct notice){ .type = NOTICE_LOSS, .loss = *x });
}

static void remember(struct hearing *h, const struct means *x)
{
	size_t i = 0;

	for (; i < h->n_said; i++) {
		const struct said *s = &h->said[i];

		if (s->kind == x->kind && span_same(x->scope, span_from(s->scope, s->n_scope)) &&
			span_same(x->name, span_from(s->name, s->n_name)))
			return;
	}
	if (i == MEANS_MAX)
		return;
	h->said[h->n_said++] =
		(struct said){ x->kind, mem_copy(x->scope.p ? x->scope.p : "", x->scope.n),
			mem_copy(x->name.p ? x->name.p : "", x->name.n), x->scope.n, x->name.n };
}

void hear_means(struct hearing *h, const struct means *x)
{
	if (x->kind && !x->gone)
		remember(h, x);
	if (x->kind && x->in_force)
		h->kinds |= UINT64_C(1) << x->kind->id;
	say(h, &(struct notice){ .type = NOTICE_MEANS, .means = *x });
}

/* ---- what was not heard of ---- */

static void tell_blind(struct hearing *h, const char *text)
{
	struct loss x = { .means = span_of(h->room->name),
		.from = h->blind,
		.to = clock_now(),
		.text = span_of(text) };

	for (unsigned id = 0; id < KIND_IDS; id++) {
		if (!(h->kinds >> id & 1))
			continue;
		x.kind = kind_by_id((uint8_t)id);
		hear_loss(h, &x);
	}
}

void hear_ready(struct hearing *h)
{
	if (h->blind)
		tell_blind(h, "what heard of changes had failed; it was begun again");
	h->blind = 0;
	if (h->listens)
		return;
	h->listens = true;
	if (atomic_fetch_sub(&h->round->unready, 1) == 1)
		SetEvent(h->round->ready);
}

/* Its means are in force no more: why NULL, nobody asks for them; else it failed. */
static void withdraw(struct hearing *h, const char *why)
{
	for (size_t i = 0; i < h->n_said; i++) {
		struct said *s = &h->said[i];
		struct means x = { .kind = s->kind,
			.scope = { s->scope, s->n_scope },
			.name = { s->name, s->n_name },
			.gone = !why,
			.text = span_of(why) };

		say(h, &(struct notice){ .type = NOTICE_MEANS, .means = x });
		free(s->scope);
		free(s->name);
	}
	h->n_said = 0;
}

static bool has_ended(const struct hearing *h, DWORD ms)
{
	return WaitForSingleObject(h->round->end, ms) != WAIT_TIMEOUT;
}

/* Told now, since it may take long until it listens again; and then once more, for that time. */
static void failed(struct hearing *h, const struct err *why)
{
	if (!h->blind && h->kinds) {
		h->blind = clock_now();
		tell_blind(h, why->text);
	}
	withdraw(h, why->text);
}

/* Nobody is to wait for it, now that it does not listen, or has nothing to listen to. */
static void excuse(struct hearing *h)
{
	int64_t blind = h->blind;

	h->blind = 0;
	hear_ready(h);
	h->blind = blind;
}

static unsigned WINAPI run_room(void *ctx)
{
	struct hearing *h = ctx;
	DWORD wait = AGAIN_MS;

	for (;;) {
		int64_t began = clock_monotonic();
		struct err e = { 0 };
		int rc = h->room->run(h, &e);
		bool ended = has_ended(h, 0);

		if (rc == 0 || ended)
			break;
		failed(h, &e);
		excuse(h);
		if (clock_monotonic() - began > STEADY_NS)
			wait = AGAIN_MS;
		if (has_ended(h, wait))
			break;
		wait = wait < AGAIN_MAX_MS / 2 ? wait * 2 : AGAIN_MAX_MS;
	}
	withdraw(h, NULL);
	excuse(h);
	round_drop(h->round);
	free(h);
	return 0;
}

static unsigned WINAPI run_ready(void *ctx)
{
	struct round *r = ctx;
	HANDLE events[] = { r->end, r->ready };
	struct notice n = { .type = NOTICE_READY };

	if (WaitForMultipleObjects(2, events, FALSE, READY_MS) != WAIT_OBJECT_0 &&
		!atomic_load(&r->mute))
		heard_put(r->heard, &n);
	round_drop(r);
	return 0;
}

/* ---- the frame ---- */

static int start(struct hearings *h, unsigned(WINAPI *run)(void *), void *ctx, struct err *e)
{
	HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, run, ctx, 0, NULL);

	if (!thread)
		return err_set(e, ERR_SYSTEM, "cannot start a thread");
	h->threads[h->n_threads++] = thread;
	return 0;
}

static int start_room(struct hearings *h, const struct hearing_room *room, struct err *e)
{
	struct hearing *x = mem_new(sizeof *x);

	x->round = h->round;
	x->room = room;
	atomic_fetch_add(&h->round->refs, 1);
	if (start(h, run_room, x, e) == 0)
		return 0;
	atomic_fetch_sub(&h->round->unready, 1);
	round_drop(h->round);
	free(x);
	return e->code;
}

static struct round *round_new(struct hearings *h, struct policy *p)
{
	struct round *r = mem_new(sizeof *r);

	atomic_init(&r->refs, 1);
	r->policy = p;
	r->heard = h->heard;
	r->heard_refs = h->heard_refs;
	r->bell = h->bell;
	atomic_fetch_add(h->heard_refs, 1);
	r->end = CreateEventW(NULL, TRUE, FALSE, NULL);
	r->ready = CreateEventW(NULL, TRUE, FALSE, NULL);
	r->spare = h->spare ? mem_text(h->spare) : NULL;
	if (!r->end || !r->ready)
		abort(); /* out of memory, see core/mem.h */
	return r;
}

static void end_round(struct hearings *h)
{
	struct round *r = h->round;

	if (!r)
		return;
	SetEvent(r->end);
	if (h->n_threads &&
		WaitForMultipleObjects(h->n_threads, h->threads, TRUE, LEAVE_MS) == WAIT_TIMEOUT)
		atomic_store(&r->mute, true);
	while (h->n_threads)
		CloseHandle(h->threads[--h->n_threads]);
	round_drop(r);
	h->round = NULL;
}

int hearings_begin(struct hearings *h, struct policy *p, struct err *e)
{
	size_t n = 0;

	end_round(h);
	h->round = round_new(h, p);
	while (h->rooms[n] && n < ROOMS_MAX)
		n++;
	atomic_init(&h->round->unready, (int)n);
	if (n == 0)
		SetEvent(h->round->ready);
	for (size_t i = 0; i < n; i++)
		if (start_room(h, h->rooms[i], e) < 0)
			return e->code;
	atomic_fetch_add(&h->round->refs, 1);
	if (start(h, run_ready, h->round, e) == 0)
		return 0;
	round_drop(h->round);
	return e->code;
}

int hearings_new(struct hearings **ret, const struct hearing_room *const *rooms, const char *spare,
	struct err *e)
{
	HANDLE bell = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct hearings *h;

	if (!bell)
		return err_windows(e, GetLastError(), "cannot make an event");
	h = mem_new(sizeof *h);
	h->rooms = rooms;
	h->spare = spare ? mem_text(spare) : NULL;
	h->bell = bell;
	h->heard = heard_new(bell);
	h->heard_refs = mem_new(sizeof *h->heard_refs);
	atomic_init(h->heard_refs, 1);
	*ret = h;
	return 0;
}

void hearings_free(struct hearings *h)
{
	if (!h)
		return;
	end_round(h);
	heard_drop(h->heard, h->heard_refs, h->bell);
	free(h->spare);
	free(h);
}

void hearings_freep(struct hearings **h)
{
	hearings_free(*h);
	*h = NULL;
}

HANDLE hearings_heard(const struct hearings *h)
{
	return h->bell;
}

bool hearings_take(struct hearings *h, struct arena *a, struct notice *ret)
{
	return heard_take(h->heard, a, ret);
}

struct hearings_counts hearings_counts(const struct hearings *h)
{
	return heard_counts(h->heard);
}
