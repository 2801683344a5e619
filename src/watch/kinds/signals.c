#include "watch/kinds/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"

#define PAUSE_MS_FIRST 250
#define PAUSE_MS_LAST 60000
#define AT_ONCE 256 /* messages, before others get their turn */
#define CALLS_MAX 4

static const struct sd_bus *sd; /* loaded by the first attempt */

struct kinds_signals {
	struct watched_kinds *all;
	struct signals_setup setup;
	void *bus;           /* NULL: not connected */
	struct event *event; /* on its descriptor */
	struct event *retry;
	unsigned pause_ms;
	size_t unanswered;
	bool was_up; /* it stood before: what happened meanwhile was not heard */
	char why[200];
};

/* ---- breaking off ---- */

static void disconnect(struct kinds_signals *s)
{
	if (s->event)
		event_free(s->event);
	s->event = NULL;
	if (s->bus)
		sd->close_unref(s->bus);
	s->bus = NULL;
}

static void fail(struct kinds_signals *s, const char *why)
{
	disconnect(s);
	if (s->was_up || access(s->setup.socket, F_OK) == 0)
		kinds_state(s->all, s->setup.of, false, why);
	else
		kinds_absent(s->all, s->setup.of, why);
	kinds_timer(s->retry, s->pause_ms * INT64_C(1000000));
	s->pause_ms = s->pause_ms * 2 < PAUSE_MS_LAST ? s->pause_ms * 2 : PAUSE_MS_LAST;
}

/* ---- what comes ---- */

static int on_message(void *message, void *ctx, struct sd_bus_error *error)
{
	struct kinds_signals *s = ctx;

	(void)error;
	if (sd->message_is_signal(message, NULL, NULL) > 0)
		s->setup.heard(s->all, message);
	return 0;
}

static void up(struct kinds_signals *s)
{
	s->pause_ms = PAUSE_MS_FIRST;
	kinds_state(s->all, s->setup.of, true, "");
	if (s->was_up)
		kinds_heard_all(s->all, s->setup.of, SPAN_NONE,
			&(struct kinds_act){ .why = "the bus was gone for a while" });
	s->was_up = true;
}

static int on_answer(void *message, void *ctx, struct sd_bus_error *error)
{
	struct kinds_signals *s = ctx;
	const struct sd_bus_error *why = sd->message_get_error(message);

	(void)error;
	if (why) /* the connection ends behind the function we are in */
		snprintf(s->why, sizeof s->why, "the bus refused: %s", why->name);
	else if (--s->unanswered == 0)
		up(s);
	return 1;
}

static int call(struct kinds_signals *s, const struct signals_call *c)
{
	const char *args[] = { c->arg, NULL };
	int rc = sd_bus_call(sd, s->bus, &c->method, args, on_answer, s, 0);

	s->unanswered += rc >= 0;
	return rc;
}

static void arm(struct kinds_signals *s);

static void on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct kinds_signals *s = ctx;
	int rc = 1;

	(void)fd, (void)what;
	for (unsigned i = 0; rc > 0 && i < AT_ONCE; i++)
		rc = sd->process(s->bus, NULL);
	if (s->why[0])
		fail(s, s->why);
	else if (rc < 0)
		fail(s, "the bus broke off");
	else
		arm(s);
}

static void arm(struct kinds_signals *s)
{
	int events = sd->get_events(s->bus);
	uint64_t until = UINT64_MAX;
	struct timeval left = { 0 };
	int64_t us;

	if (events < 0 || sd->get_timeout(s->bus, &until) < 0) {
		fail(s, "the bus broke off");
		return;
	}
	us = until == UINT64_MAX ? -1 : (int64_t)until - clock_monotonic() / 1000;
	if (us > 0)
		left = (struct timeval){ us / 1000000, us % 1000000 };
	if (s->event)
		event_free(s->event);
	s->event = event_new(s->all->w->base, sd->get_fd(s->bus),
		(short)((events & POLLIN ? EV_READ : 0) | (events & POLLOUT ? EV_WRITE : 0)),
		on_event, s);
	event_add(s->event, until == UINT64_MAX ? NULL : &left);
}

/* ---- connecting ---- */

static int start(struct kinds_signals *s)
{
	int rc = sd_bus_connect(sd, &s->bus, s->setup.socket, s->setup.client);

	if (rc >= 0)
		rc = sd->add_filter(s->bus, NULL, on_message, s);
	s->unanswered = 0;
	for (const struct signals_call *c = s->setup.calls; rc >= 0 && c->method.member; c++)
		rc = call(s, c);
	return rc;
}

static void attempt(struct kinds_signals *s)
{
	struct err e;

	s->why[0] = '\0';
	if (access(s->setup.socket, F_OK) < 0) {
		fail(s, "there is no bus");
	} else if (sd_bus_load(&sd, &e) < 0) {
		fail(s, e.text);
	} else if (start(s) < 0) {
		fail(s, "cannot connect to the bus");
	} else {
		kinds_state(s->all, s->setup.of, false, "not connected yet");
		arm(s);
	}
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	attempt(ctx);
}

struct kinds_signals *kinds_signals_open(struct watched_kinds *all,
	const struct signals_setup *setup)
{
	struct kinds_signals *s = mem_new(sizeof *s);

	s->all = all;
	s->setup = *setup;
	s->pause_ms = PAUSE_MS_FIRST;
	s->retry = evtimer_new(all->w->base, on_retry, s);
	attempt(s);
	return s;
}

void kinds_signals_close(struct kinds_signals *s)
{
	if (!s)
		return;
	disconnect(s);
	event_free(s->retry);
	free(s);
}

/* ---- reading ---- */

bool signal_is(struct signal_message *m, const char *interface, const char *member)
{
	return sd->message_is_signal(m, interface, member) > 0;
}

struct span signal_path(struct signal_message *m)
{
	return span_of(sd->message_get_path(m));
}

bool signal_text(struct signal_message *m, char type, struct span *ret)
{
	const char *text;

	if (sd->message_read_basic(m, type, &text) <= 0)
		return false;
	*ret = span_of(text);
	return true;
}

bool signal_number(struct signal_message *m, char type, uint32_t *ret)
{
	return sd->message_read_basic(m, type, ret) > 0;
}
