#include "agent/health/canary.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "os/clock.h"
#include "os/random.h"

#define ANSWER_SECONDS 10 /* a place that says nothing for so long after it was asked is silent */
#define QUIET_MS 500      /* no answer for so long, and none outstanding: that was all */
#define TEXT_MAX 256

struct kept {
	struct canary_place place;
	char *scope, *text; /* what place points to */
	int64_t since;      /* known since, ns since epoch */
	bool waits;         /* has not answered in this round */
	bool always_mute;   /* never heard, and that is no fault: nobody waits for it */
};

struct canaries {
	struct canary_hooks hooks;
	unsigned mean;
	struct event *timer; /* the next round, or the end of this one */
	struct kept *list;
	struct canary_place *shown;
	size_t n;
	uint64_t dropped;    /* answers of places beyond CANARY_PLACES_MAX */
	bool asking;         /* a round is under way */
	int64_t began, last; /* monotonic: of the round, of the last answer in it */
};

static void schedule(struct canaries *c, int64_t ns)
{
	struct timeval t = { ns / TIME_SECOND, (ns % TIME_SECOND) / 1000 };

	evtimer_add(c->timer, &t);
}

/* Anywhere between now and twice the mean: who knows when the last one was does not know when the
 * next one comes. */
static void schedule_round(struct canaries *c)
{
	uint64_t random = 0;
	struct err ignored;

	if (!c->mean)
		return;
	(void)!random_bytes(&random, sizeof random, &ignored);
	schedule(c,
		TIME_SECOND + (int64_t)(random % (2 * (uint64_t)c->mean * (uint64_t)TIME_SECOND)));
}

static void set_text(char **kept, struct span *shown, struct span text)
{
	size_t n = text.n < TEXT_MAX ? text.n : TEXT_MAX;

	free(*kept);
	*kept = mem_copy(text.p, n);
	*shown = span_from(*kept, n);
}

/* ---- places ---- */

static struct kept *find(struct canaries *c, const struct kind *k, struct span scope)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].place.kind == k && span_same(c->list[i].place.scope, scope))
			return &c->list[i];
	return NULL;
}

static struct kept *add(struct canaries *c, const struct kind *k, struct span scope)
{
	struct kept *x;

	if (c->n == CANARY_PLACES_MAX) {
		c->dropped++;
		return NULL;
	}
	x = &c->list[c->n++];
	*x = (struct kept){ .place.kind = k, .since = clock_now() };
	x->scope = mem_copy(scope.p, scope.n);
	x->place.scope = span_from(x->scope, scope.n);
	return x;
}

static void drop(struct canaries *c, struct kept *x)
{
	free(x->scope);
	free(x->text);
	*x = c->list[--c->n];
}

/* ---- what an answer, or none, means ---- */

static void heard(struct canaries *c, struct kept *x, int64_t latency)
{
	x->place.heard = clock_now();
	x->place.latency = latency;
	x->place.seen++;
	x->always_mute = false;
	set_text(&x->text, &x->place.text, span_of(""));
	if (!x->place.fault)
		return;
	x->place.fault = false;
	c->hooks.changed(c->hooks.ctx, &x->place);
}

static void silent(struct canaries *c, struct kept *x, struct span text)
{
	x->place.missed++;
	set_text(&x->text, &x->place.text, text);
	if (x->place.fault)
		return;
	x->place.fault = true;
	if (!x->place.heard) /* what it was asked for since it is known */
		x->place.heard = x->since;
	c->hooks.changed(c->hooks.ctx, &x->place);
}

void canaries_answer(struct canaries *c, const struct canary *answer)
{
	struct kept *x = find(c, answer->kind, answer->scope);

	if (!x)
		x = add(c, answer->kind, answer->scope);
	if (!x)
		return;
	x->waits = false;
	if (answer->seen) {
		heard(c, x, answer->latency);
	} else if (answer->fault) {
		silent(c, x, answer->text);
	} else {
		x->always_mute = true;
		set_text(&x->text, &x->place.text, answer->text);
	}
	if (!c->asking)
		return;
	c->last = clock_monotonic();
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].waits)
			return;
	schedule(c, QUIET_MS * (TIME_SECOND / 1000));
}

void canaries_means(struct canaries *c, const struct means *means)
{
	struct kept *x = find(c, means->kind, means->scope);

	if (!x || means->in_force)
		return;
	drop(c, x);
}

/* ---- rounds ---- */

static void finish(struct canaries *c)
{
	c->asking = false;
	for (size_t i = 0; i < c->n; i++) {
		struct kept *x = &c->list[i];

		if (!x->waits)
			continue;
		x->waits = false;
		silent(c, x, span_of("the watcher did not answer"));
	}
	if (c->hooks.done)
		c->hooks.done(c->hooks.ctx);
	if (!c->asking) /* done may have begun another */
		schedule_round(c);
}

static void begin(struct canaries *c)
{
	if (!c->hooks.ask(c->hooks.ctx)) {
		finish(c);
		return;
	}
	c->asking = true;
	c->began = c->last = clock_monotonic();
	for (size_t i = 0; i < c->n; i++)
		c->list[i].waits = !c->list[i].always_mute;
	schedule(c, ANSWER_SECONDS * TIME_SECOND);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct canaries *c = ctx;

	(void)fd, (void)what;
	if (c->asking)
		finish(c);
	else
		begin(c);
}

void canaries_now(struct canaries *c)
{
	if (!c->asking)
		begin(c);
}

void canaries_restart(struct canaries *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->list[i].waits = false;
	if (c->asking) {
		c->asking = false;
		begin(c);
	}
}

/* ---- what is known ---- */

size_t canaries_places(const struct canaries *c, const struct canary_place **ret)
{
	for (size_t i = 0; i < c->n; i++)
		c->shown[i] = c->list[i].place;
	*ret = c->shown;
	return c->n;
}

size_t canaries_faults(const struct canaries *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->list[i].place.fault;
	return n;
}

void canaries_json(const struct canaries *c, struct json *j)
{
	json_array(j);
	for (size_t i = 0; i < c->n; i++) {
		const struct canary_place *p = &c->list[i].place;

		json_object(j);
		json_text_member(j, "kind", p->kind->name);
		if (p->scope.n)
			json_exact(j, "scope", p->scope);
		json_bool_member(j, "fault", p->fault);
		if (p->seen) {
			json_time_member(j, "heard", p->heard);
			json_number_member(j, "latency_ns", (uint64_t)p->latency);
		}
		json_number_member(j, "seen", p->seen);
		json_number_member(j, "missed", p->missed);
		if (p->text.n) {
			json_name(j, "text");
			json_text(j, p->text);
		}
		json_object_end(j);
	}
	json_array_end(j);
}

/* ---- life ---- */

int canaries_new(struct canaries **ret, struct event_base *base, unsigned mean,
	const struct canary_hooks *hooks, struct err *e)
{
	struct canaries *c = mem_new(sizeof *c);

	c->hooks = *hooks;
	c->mean = mean;
	c->list = mem_array(CANARY_PLACES_MAX, sizeof *c->list);
	c->shown = mem_array(CANARY_PLACES_MAX, sizeof *c->shown);
	c->timer = evtimer_new(base, on_timer, c);
	if (!c->timer) {
		canaries_free(c);
		return err_set(e, ERR_SYSTEM, "cannot make a timer for canaries");
	}
	schedule_round(c);
	*ret = c;
	return 0;
}

void canaries_free(struct canaries *c)
{
	if (!c)
		return;
	while (c->n)
		drop(c, &c->list[c->n - 1]);
	if (c->timer)
		event_free(c->timer);
	free(c->list);
	free(c->shown);
	free(c);
}

void canaries_freep(struct canaries **c)
{
	canaries_free(*c);
}
