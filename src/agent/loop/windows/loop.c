/* One thread that waits for kernel objects and times. */
#include "agent/loop/loop.h"

#include <stdlib.h>

#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"
#include "os/clock.h"

#define MS INT64_C(1000000)
#define WAIT_MAX_MS 60000

struct timer {
	struct loop *loop;
	struct timer *next;
	int64_t at; /* monotonic ns; 0: it rests */
	void (*due)(void *ctx);
	void *ctx;
};

struct loop_source {
	struct loop *loop;
	HANDLE object;
	void (*heard)(void *ctx);
	void *ctx;
	bool gone; /* to be freed when nobody goes through the list */
};

struct loop {
	struct timer *timers;
	struct loop_source *sources[LOOP_SOURCES_MAX];
	DWORD n_sources;
	bool calling, ended;
};

int loop_new(struct loop **ret, struct err *e)
{
	(void)e; /* nothing here can fail */
	*ret = mem_new(sizeof **ret);
	return 0;
}

static void sweep(struct loop *l)
{
	DWORD kept = 0;

	for (DWORD i = 0; i < l->n_sources; i++) {
		if (l->sources[i]->gone)
			free(l->sources[i]);
		else
			l->sources[kept++] = l->sources[i];
	}
	l->n_sources = kept;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (DWORD i = 0; i < l->n_sources; i++)
		l->sources[i]->gone = true;
	sweep(l);
	free(l);
}

void loop_end(struct loop *l)
{
	l->ended = true;
}

/* ---- times ---- */

struct timer *timer_new(struct loop *l, void (*due)(void *ctx), void *ctx)
{
	struct timer *t = mem_new(sizeof *t);

	*t = (struct timer){ .loop = l, .next = l->timers, .due = due, .ctx = ctx };
	l->timers = t;
	return t;
}

void timer_free(struct timer *t)
{
	struct timer **at;

	if (!t)
		return;
	for (at = &t->loop->timers; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	free(t);
}

void timer_start(struct timer *t, int64_t ns)
{
	t->at = clock_monotonic() + (ns > 0 ? ns : 0);
	t->at += t->at == 0;
}

void timer_stop(struct timer *t)
{
	t->at = 0;
}

bool timer_waits(const struct timer *t)
{
	return t->at != 0;
}

static struct timer *first(struct loop *l)
{
	struct timer *ret = NULL;

	for (struct timer *t = l->timers; t; t = t->next)
		if (t->at && (!ret || t->at < ret->at))
			ret = t;
	return ret;
}

/* Those that were due when this began; a timer may free others, or start again. */
static void call_due(struct loop *l)
{
	int64_t now = clock_monotonic();
	struct timer *t;

	while (!l->ended && (t = first(l)) != NULL && t->at <= now) {
		t->at = 0;
		t->due(t->ctx);
	}
}

static DWORD wait_ms(struct loop *l)
{
	const struct timer *t = first(l);
	int64_t ns = t ? t->at - clock_monotonic() : WAIT_MAX_MS * MS;

	if (ns <= 0)
		return 0;
	return ns >= WAIT_MAX_MS * MS ? WAIT_MAX_MS : (DWORD)((ns + MS - 1) / MS);
}

/* ---- objects ---- */

struct loop_source *loop_hear(struct loop *l, HANDLE object, void (*heard)(void *ctx), void *ctx)
{
	struct loop_source *s;

	if (l->n_sources == LOOP_SOURCES_MAX)
		return NULL;
	s = mem_new(sizeof *s);
	*s = (struct loop_source){ .loop = l, .object = object, .heard = heard, .ctx = ctx };
	l->sources[l->n_sources++] = s;
	return s;
}

void loop_unhear(struct loop_source *s)
{
	if (!s)
		return;
	s->gone = true;
	if (!s->loop->calling)
		sweep(s->loop);
}

/* All that are signalled now, so that a busy one does not keep the others from being heard. */
static void call_heard(struct loop *l)
{
	DWORD n = l->n_sources;

	l->calling = true;
	for (DWORD i = 0; i < n && !l->ended; i++) {
		struct loop_source *s = l->sources[i];

		if (!s->gone && WaitForSingleObject(s->object, 0) == WAIT_OBJECT_0)
			s->heard(s->ctx);
	}
	l->calling = false;
	sweep(l);
}

void loop_run(struct loop *l)
{
	HANDLE objects[LOOP_SOURCES_MAX];

	while (!l->ended) {
		DWORD ms = wait_ms(l), n = l->n_sources;

		for (DWORD i = 0; i < n; i++)
			objects[i] = l->sources[i]->object;
		if (n == 0)
			Sleep(ms);
		else if (WaitForMultipleObjects(n, objects, FALSE, ms) != WAIT_TIMEOUT)
			call_heard(l);
		call_due(l);
	}
}
