#include "host/bus.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/state.h"
#include "os/clock.h"

#define SILENCE_NS INT64_C(2000000000)
#define PRIVATE_SOCKET "/run/systemd/private"
#define SYSTEM_SOCKET "/run/dbus/system_bus_socket"
#define CALLS_AT_ONCE 64 /* a bus daemon allows a client 128 unanswered calls and more */

/* libsystemd's own declarations (sd-bus.h), as far as we use them: the header need not be there
 * when this is built. */
struct sd_bus_error {
	const char *name, *message;
	int need_free;
};
typedef int reply_fn(void *message, void *ctx, struct sd_bus_error *error);

static struct {
	int (*new)(void **);
	int (*set_address)(void *, const char *);
	int (*set_bus_client)(void *, int);
	int (*start)(void *);
	int (*process)(void *, void **);
	int (*wait)(void *, uint64_t);
	void *(*close_unref)(void *);
	int (*call_async)(void *, void **, void *, reply_fn *, void *, uint64_t);
	int (*message_new_method_call)(void *, void **, const char *, const char *, const char *,
		const char *);
	int (*message_append_basic)(void *, char, const void *);
	const struct sd_bus_error *(*message_get_error)(void *);
	void *(*message_ref)(void *);
	void *(*message_unref)(void *);
	int (*message_enter_container)(void *, char, const char *);
	int (*message_exit_container)(void *);
	int (*message_peek_type)(void *, char *, const char **);
	int (*message_read_basic)(void *, char, void *);
	int (*message_skip)(void *, const char *);
} sd;

static const struct symbol symbols[] = {
	{ "sd_bus_new", &sd.new }, { "sd_bus_set_address", &sd.set_address },
	{ "sd_bus_set_bus_client", &sd.set_bus_client }, { "sd_bus_start", &sd.start },
	{ "sd_bus_process", &sd.process }, { "sd_bus_wait", &sd.wait },
	{ "sd_bus_close_unref", &sd.close_unref }, { "sd_bus_call_async", &sd.call_async },
	{ "sd_bus_message_new_method_call", &sd.message_new_method_call },
	{ "sd_bus_message_append_basic", &sd.message_append_basic },
	{ "sd_bus_message_get_error", &sd.message_get_error },
	{ "sd_bus_message_ref", &sd.message_ref }, { "sd_bus_message_unref", &sd.message_unref },
	{ "sd_bus_message_enter_container", &sd.message_enter_container },
	{ "sd_bus_message_exit_container", &sd.message_exit_container },
	{ "sd_bus_message_peek_type", &sd.message_peek_type },
	{ "sd_bus_message_read_basic", &sd.message_read_basic },
	{ "sd_bus_message_skip", &sd.message_skip }, /* the last: see load() */
};

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

int libsystemd_load(const struct symbol *list, size_t n, struct err *e)
{
	void *lib = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return err_set(e, ERR_MISSING, "there is no libsystemd here");
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(lib, list[i].name);

		if (!f)
			return err_set(e, ERR_MISSING, "libsystemd has no %s", list[i].name);
		memcpy(list[i].at, &f, sizeof f);
	}
	return 0;
}

static int load(struct err *e)
{
	if (sd.message_skip)
		return 0;
	return libsystemd_load(symbols, ARRAY_LEN(symbols), e);
}

int bus_open(struct bus **ret, const char *socket, bool client, struct err *e)
{
	char address[128];
	void *sd_bus = NULL;
	int rc;

	if (access(socket, F_OK) < 0)
		return err_sys(e, "there is no bus at '%s'", socket);
	if (load(e) < 0)
		return e->code;
	/* An address escapes what is special in it; the paths of sockets have no such bytes. */
	snprintf(address, sizeof address, "unix:path=%s", socket);
	rc = sd.new(&sd_bus);
	if (rc >= 0)
		rc = sd.set_address(sd_bus, address);
	if (rc >= 0)
		rc = sd.set_bus_client(sd_bus, client);
	if (rc >= 0)
		rc = sd.start(sd_bus);
	if (rc < 0) {
		sd.close_unref(sd_bus);
		errno = -rc;
		return err_sys(e, "cannot connect to the bus at '%s'", socket);
	}
	*ret = mem_new(sizeof **ret);
	(*ret)->sd = sd_bus;
	return 0;
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	if (b->sd)
		sd.close_unref(b->sd);
	free(b);
}

void bus_freep(struct bus **b)
{
	bus_free(*b);
	*b = NULL;
}

int host_bus(struct host *h, enum bus_which which, struct bus **ret, struct err *e)
{
	const char *socket = SYSTEM_SOCKET;

	if (!h->live)
		return err_set(e, ERR_MISSING, "an offline tree has no bus");
	if (which == BUS_SYSTEMD && geteuid() == 0 && access(PRIVATE_SOCKET, F_OK) == 0)
		socket = PRIVATE_SOCKET;
	if (!h->buses)
		h->buses = mem_new(sizeof *h->buses);
	if (!h->buses->of[which] &&
		bus_open(&h->buses->of[which], socket, strcmp(socket, SYSTEM_SOCKET) == 0, e) < 0)
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
	const struct sd_bus_error *why = sd.message_get_error(message);

	(void)error;
	a->bus->waiting--;
	a->bus->heard = clock_monotonic();
	if (why) {
		snprintf(a->call->error, sizeof a->call->error, "%s", why->name);
	} else {
		a->call->reply = mem_new(sizeof *a->call->reply);
		a->call->reply->message = sd.message_ref(message);
	}
	return 1;
}

static int send_one(struct bus *b, struct asked *a, struct err *e)
{
	struct bus_call *c = a->call;
	void *m = NULL;
	int rc = sd.message_new_method_call(b->sd, &m, c->name, c->path, c->interface, c->member);

	for (size_t i = 0; rc >= 0 && i < BUS_ARGS && c->args[i]; i++)
		rc = sd.message_append_basic(m, 's', c->args[i]);
	/* The library's own timer is beyond ours, so that a late answer does not come as an error
	 * that looks like one of the other end. */
	if (rc >= 0)
		rc = sd.call_async(b->sd, NULL, m, answered, a, (uint64_t)SILENCE_NS * 20 / 1000);
	if (m)
		sd.message_unref(m);
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
		int rc = sd.process(b->sd, NULL);

		if (rc == 0 && left <= 0)
			return err_set(e, ERR_SYSTEM, "the bus has not answered for %d s",
				(int)(SILENCE_NS / 1000000000));
		if (rc == 0)
			rc = sd.wait(b->sd, (uint64_t)left / 1000);
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
		sd.close_unref(b->sd); /* nothing of it may come back to `asked` */
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
	sd.message_unref(r->message);
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
	return !r->spoiled && step(r, sd.message_enter_container(r->message, type, contents));
}

bool bus_leave(struct bus_reply *r)
{
	return !r->spoiled && step(r, sd.message_exit_container(r->message));
}

/* The next basic type, when it is one of these; '\0': another, or the end. */
static char next_of(struct bus_reply *r, const char *types)
{
	char type = '\0';

	if (r->spoiled || !step(r, sd.message_peek_type(r->message, &type, NULL)))
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

	if (!type || !step(r, sd.message_read_basic(r->message, type, &text)))
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

	if (!type || !step(r, sd.message_read_basic(r->message, type, &v)))
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
	return !r->spoiled && sd.message_skip(r->message, types) >= 0;
}
