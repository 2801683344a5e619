#include "watch/kinds/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/state.h"
#include "os/clock.h"

#define PAUSE_MS_FIRST 250
#define PAUSE_MS_LAST 60000
#define AT_ONCE 256 /* messages, before others get their turn */
#define CALLS_MAX 4

/* libsystemd's own declarations (sd-bus.h), as far as we use them. */
struct bus_error {
	const char *name, *message;
	int need_free;
};
typedef int message_fn(void *message, void *ctx, struct bus_error *error);

static struct {
	int (*new)(void **);
	int (*set_address)(void *, const char *);
	int (*set_bus_client)(void *, int);
	int (*start)(void *);
	int (*process)(void *, void **);
	void *(*close_unref)(void *);
	int (*get_fd)(void *);
	int (*get_events)(void *);
	int (*get_timeout)(void *, uint64_t *);
	int (*add_filter)(void *, void **, message_fn *, void *);
	int (*call_async)(void *, void **, void *, message_fn *, void *, uint64_t);
	int (*message_new_method_call)(void *, void **, const char *, const char *, const char *,
		const char *);
	int (*message_append_basic)(void *, char, const void *);
	const struct bus_error *(*message_get_error)(void *);
	void *(*message_unref)(void *);
	int (*message_is_signal)(void *, const char *, const char *);
	const char *(*message_get_path)(void *);
	int (*message_read_basic)(void *, char, void *);
} sd;

static const struct symbol symbols[] = {
	{ "sd_bus_new", &sd.new }, { "sd_bus_set_address", &sd.set_address },
	{ "sd_bus_set_bus_client", &sd.set_bus_client }, { "sd_bus_start", &sd.start },
	{ "sd_bus_process", &sd.process }, { "sd_bus_close_unref", &sd.close_unref },
	{ "sd_bus_get_fd", &sd.get_fd }, { "sd_bus_get_events", &sd.get_events },
	{ "sd_bus_get_timeout", &sd.get_timeout }, { "sd_bus_add_filter", &sd.add_filter },
	{ "sd_bus_call_async", &sd.call_async },
	{ "sd_bus_message_new_method_call", &sd.message_new_method_call },
	{ "sd_bus_message_append_basic", &sd.message_append_basic },
	{ "sd_bus_message_get_error", &sd.message_get_error },
	{ "sd_bus_message_unref", &sd.message_unref },
	{ "sd_bus_message_is_signal", &sd.message_is_signal },
	{ "sd_bus_message_get_path", &sd.message_get_path },
	{ "sd_bus_message_read_basic", &sd.message_read_basic }, /* the last: see load() */
};

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

static int load(struct err *e)
{
	if (sd.message_read_basic)
		return 0;
	return libsystemd_load(symbols, ARRAY_LEN(symbols), e);
}

/* ---- breaking off ---- */

static void disconnect(struct kinds_signals *s)
{
	if (s->event)
		event_free(s->event);
	s->event = NULL;
	if (s->bus)
		sd.close_unref(s->bus);
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

static int on_message(void *message, void *ctx, struct bus_error *error)
{
	struct kinds_signals *s = ctx;

	(void)error;
	if (sd.message_is_signal(message, NULL, NULL) > 0)
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

static int on_answer(void *message, void *ctx, struct bus_error *error)
{
	struct kinds_signals *s = ctx;
	const struct bus_error *why = sd.message_get_error(message);

	(void)error;
	if (why) /* the connection ends behind sd.process, which we are in */
		snprintf(s->why, sizeof s->why, "the bus refused: %s", why->name);
	else if (--s->unanswered == 0)
		up(s);
	return 1;
}

static int call(struct kinds_signals *s, const struct signals_call *c)
{
	void *m = NULL;
	int rc = sd.message_new_method_call(s->bus, &m, c->name, c->path, c->interface, c->member);

	if (rc >= 0 && c->arg)
		rc = sd.message_append_basic(m, 's', c->arg);
	if (rc >= 0)
		rc = sd.call_async(s->bus, NULL, m, on_answer, s, 0);
	if (m)
		sd.message_unref(m);
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
		rc = sd.process(s->bus, NULL);
	if (s->why[0])
		fail(s, s->why);
	else if (rc < 0)
		fail(s, "the bus broke off");
	else
		arm(s);
}

static void arm(struct kinds_signals *s)
{
	int events = sd.get_events(s->bus);
	uint64_t until = UINT64_MAX;
	struct timeval left = { 0 };
	int64_t us;

	if (events < 0 || sd.get_timeout(s->bus, &until) < 0) {
		fail(s, "the bus broke off");
		return;
	}
	us = until == UINT64_MAX ? -1 : (int64_t)until - clock_monotonic() / 1000;
	if (us > 0)
		left = (struct timeval){ us / 1000000, us % 1000000 };
	if (s->event)
		event_free(s->event);
	s->event = event_new(s->all->w->base, sd.get_fd(s->bus),
		(short)((events & POLLIN ? EV_READ : 0) | (events & POLLOUT ? EV_WRITE : 0)),
		on_event, s);
	event_add(s->event, until == UINT64_MAX ? NULL : &left);
}

/* ---- connecting ---- */

static int start(struct kinds_signals *s)
{
	char address[128];
	int rc = sd.new(&s->bus);

	snprintf(address, sizeof address, "unix:path=%s", s->setup.socket);
	if (rc >= 0)
		rc = sd.set_address(s->bus, address);
	if (rc >= 0)
		rc = sd.set_bus_client(s->bus, s->setup.client);
	if (rc >= 0)
		rc = sd.start(s->bus);
	if (rc >= 0)
		rc = sd.add_filter(s->bus, NULL, on_message, s);
	s->unanswered = 0;
	for (const struct signals_call *c = s->setup.calls; rc >= 0 && c->interface; c++)
		rc = call(s, c);
	return rc;
}

static void attempt(struct kinds_signals *s)
{
	struct err e;

	s->why[0] = '\0';
	if (access(s->setup.socket, F_OK) < 0) {
		fail(s, "there is no bus");
	} else if (load(&e) < 0) {
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
	return sd.message_is_signal(m, interface, member) > 0;
}

struct span signal_path(struct signal_message *m)
{
	return span_of(sd.message_get_path(m));
}

bool signal_text(struct signal_message *m, char type, struct span *ret)
{
	const char *text;

	if (sd.message_read_basic(m, type, &text) <= 0)
		return false;
	*ret = span_of(text);
	return true;
}

bool signal_number(struct signal_message *m, char type, uint32_t *ret)
{
	return sd.message_read_basic(m, type, ret) > 0;
}
