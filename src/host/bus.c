#include "host/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/libsystemd.h"
#include "host/state.h"
#include "os/clock.h"

#define SILENCE_NS INT64_C(2000000000)
#define CALLS_AT_ONCE 64 /* a bus daemon allows a client 128 unanswered calls and more */

static const struct sd_bus *sd; /* loaded when a bus is opened */

struct bus {
	void *sd;
	bool broken; /* or silent: not asked again */
	size_t waiting;
	int64_t heard; /* when the last answer came */
};

struct buses {
	struct bus *of[BUS_N]; /* NULL: not connected yet */
};

struct bus_reply {
	void *message;
	bool spoiled; /* something else came than was expected */
};

/* ---- connecting ---- */

int bus_open(struct bus **ret, const char *socket, bool client, struct err *e)
{
	void *bus = NULL;
	int rc;

	if (access(socket, F_OK) < 0)
		return err_sys(e, "there is no bus at '%s'", socket);
	if (sd_bus_load(&sd, e) < 0)
		return e->code;
	rc = sd_bus_connect(sd, &bus, socket, client);
	if (rc < 0) {
		errno = -rc;
		return err_sys(e, "cannot connect to the bus at '%s'", socket);
	}
	*ret = mem_new(sizeof **ret);
	(*ret)->sd = bus;
	return 0;
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	if (b->sd)
		sd->close_unref(b->sd);
	free(b);
}

void bus_freep(struct bus **b)
{
	bus_free(*b);
	*b = NULL;
}

int host_bus(struct host *h, enum bus_which which, struct bus **ret, struct err *e)
{
	const char *socket = SYSTEM_BUS_SOCKET;

	if (!h->live)
		return err_set(e, ERR_MISSING, "an offline tree has no bus");
	if (which == BUS_SYSTEMD && geteuid() == 0 && access(SYSTEMD_SOCKET, F_OK) == 0)
		socket = SYSTEMD_SOCKET;
	if (!h->buses)
		h->buses = mem_new(sizeof *h->buses);
	if (!h->buses->of[which] && bus_open(&h->buses->of[which], socket,
					    strcmp(socket, SYSTEM_BUS_SOCKET) == 0, e) < 0)
		return e->code;
	if (h->buses->of[which]->broken)
		return err_set(e, ERR_SYSTEM, "the bus did not answer");
	*ret = h->buses->of[which];
	return 0;
}

void buses_free(struct buses *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < BUS_N; i++)
		bus_free(all->of[i]);
	free(all);
}

/* ---- calling ---- */

struct asked {
	struct bus *bus;
	struct bus_call *call;
};

static int answered(void *message, void *ctx, struct sd_bus_error *error)
{
	struct asked *a = ctx;
	const struct sd_bus_error *why = sd->message_get_error(message);

	(void)error;
	a->bus->waiting--;
	a->bus->heard = clock_monotonic();
	if (why) {
		snprintf(a->call->error, sizeof a->call->error, "%s", why->name);
	} else {
		a->call->reply = mem_new(sizeof *a->call->reply);
		a->call->reply->message = sd->message_ref(message);
	}
	return 1;
}

static int send_one(struct bus *b, struct asked *a, struct err *e)
{
	const struct bus_call *c = a->call;
	struct sd_bus_method method = { c->name, c->path, c->interface, c->member };
	/* The library's own timer is beyond ours, so that a late answer does not come as an error
	 * that looks like one of the other end. */
	int rc = sd_bus_call(sd, b->sd, &method, c->args, answered, a,
		(uint64_t)SILENCE_NS * 20 / 1000);

	if (rc < 0) {
		errno = -rc;
		return err_sys(e, "cannot call '%s' on the bus", c->member);
	}
	b->waiting++;
	return 0;
}

static int wait_until(struct bus *b, size_t waiting, struct err *e)
{
	while (b->waiting > waiting) {
		int64_t left = b->heard + SILENCE_NS - clock_monotonic();
		int rc = sd->process(b->sd, NULL);

		if (rc == 0 && left <= 0)
			return err_set(e, ERR_SYSTEM, "the bus has not answered for %d s",
				(int)(SILENCE_NS / 1000000000));
		if (rc == 0)
			rc = sd->wait(b->sd, (uint64_t)left / 1000);
		if (rc < 0 && rc != -EINTR) {
			errno = -rc;
			return err_sys(e, "the bus broke off");
		}
	}
	return 0;
}

int bus_calls(struct bus *b, struct bus_call *calls, size_t n, struct err *e)
{
	struct asked *asked;
	int rc = 0;

	if (b->broken)
		return err_set(e, ERR_SYSTEM, "the bus did not answer");
	asked = mem_array(n + 1, sizeof *asked);
	b->heard = clock_monotonic();
	for (size_t i = 0; rc == 0 && i < n; i++) {
		asked[i] = (struct asked){ b, &calls[i] };
		rc = send_one(b, &asked[i], e);
		if (rc == 0)
			rc = wait_until(b, CALLS_AT_ONCE, e);
	}
	if (rc == 0)
		rc = wait_until(b, 0, e);
	if (rc < 0) {
		b->broken = true;
		sd->close_unref(b->sd); /* nothing of it may come back to `asked` */
		b->sd = NULL;
	}
	free(asked);
	return rc;
}

static bool ends(const char *text, const char *tail)
{
	size_t n = strlen(text), m = strlen(tail);

	return n >= m && strcmp(text + n - m, tail) == 0;
}

int bus_call(struct bus *b, struct bus_call *call, struct err *e)
{
	static const char *const missing[] = { ".ServiceUnknown", ".NameHasNoOwner",
		".UnknownObject", ".UnknownInterface", ".UnknownMethod", ".UnknownProperty",
		".NoSuchUnit" };
	enum err_code code = ERR_SYSTEM;

	if (bus_calls(b, call, 1, e) < 0)
		return e->code;
	if (call->reply)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(missing); i++)
		if (ends(call->error, missing[i]))
			code = ERR_MISSING;
	if (ends(call->error, ".AccessDenied") ||
		ends(call->error, ".InteractiveAuthorizationRequired"))
		code = ERR_DENIED;
	return err_set(e, code, "'%s' on the bus: %s", call->member, call->error);
}

void bus_reply_free(struct bus_reply *r)
{
	if (!r)
		return;
	sd->message_unref(r->message);
	free(r);
}

void bus_reply_freep(struct bus_reply **r)
{
	bus_reply_free(*r);
	*r = NULL;
}

/* ---- reading ---- */

static bool step(struct bus_reply *r, int rc)
{
	if (rc < 0)
		r->spoiled = true;
	return rc > 0;
}

bool bus_enter(struct bus_reply *r, char type, const char *contents)
{
	return !r->spoiled && step(r, sd->message_enter_container(r->message, type, contents));
}

bool bus_leave(struct bus_reply *r)
{
	return !r->spoiled && step(r, sd->message_exit_container(r->message));
}

/* The next basic type, when it is one of these; '\0': another, or the end. */
static char next_of(struct bus_reply *r, const char *types)
{
	char type = '\0';

	if (r->spoiled || !step(r, sd->message_peek_type(r->message, &type, NULL)))
		return '\0';
	if (strchr(types, type))
		return type;
	r->spoiled = true;
	return '\0';
}

bool bus_text(struct bus_reply *r, struct span *ret)
{
	char type = next_of(r, "sog");
	const char *text = NULL;

	if (!type || !step(r, sd->message_read_basic(r->message, type, &text)))
		return false;
	*ret = span_of(text);
	return true;
}

bool bus_number(struct bus_reply *r, uint64_t *ret)
{
	char type = next_of(r, "bynqiuxt");
	union {
		int b;
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		uint64_t t;
	} v = { .t = 0 };

	if (!type || !step(r, sd->message_read_basic(r->message, type, &v)))
		return false;
	*ret = type == 'b'   ? v.b != 0
	       : type == 'y' ? v.y
	       : type == 'n' ? (uint64_t)v.n
	       : type == 'q' ? v.q
	       : type == 'i' ? (uint64_t)v.i
	       : type == 'u' ? v.u
			     : v.t;
	return true;
}

bool bus_skip(struct bus_reply *r, const char *types)
{
	return !r->spoiled && sd->message_skip(r->message, types) >= 0;
}
