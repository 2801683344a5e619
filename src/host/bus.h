/* D-Bus of the running host, through libsystemd where that is installed (by dlopen: nothing here
 * depends on it). Every wait has a deadline; a bus that was silent once is not asked again in this
 * scan. What a bus answers is hostile. Not for several threads. */
#ifndef HOST_BUS_H
#define HOST_BUS_H

#include <stdint.h>

#include "host/host.h"

struct bus;
struct bus_reply;

enum bus_which {
	BUS_SYSTEMD, /* the service manager, by its private socket (which root may use, and which is
			there before and without the bus daemon), else through the system bus */
	BUS_SYSTEM,  /* the system bus */
	BUS_N
};

/* The connection, shared until the host is freed. ERR_MISSING: there is none on this host (not
 * live, no libsystemd, no socket); ERR_DENIED; ERR_SYSTEM. */
int host_bus(struct host *h, enum bus_which which, struct bus **ret, struct err *e) MUST_CHECK;

/* A connection of one's own, to the socket at this path; client: there is a bus daemon behind it.
 * Errors as above. Replies end with it. */
int bus_open(struct bus **ret, const char *socket, bool client, struct err *e) MUST_CHECK;
void bus_free(struct bus *b); /* accepts NULL */
void bus_freep(struct bus **b);

/* One method call with its answer. */
struct bus_call {
	/* name: NULL where there is but one at the other end */
	const char *name, *path, *interface, *member;
	const char *args[4];     /* strings; NULL ends them */
	void *ctx;               /* the caller's */
	struct bus_reply *reply; /* NULL: none came, or an error did */
	char error[64];          /* its D-Bus name, "org.freedesktop.DBus.Error.…"; or empty */
};

/* Send all, then wait for all: a failed call has no reply, and that is no error of this function.
 * ERR_SYSTEM: the connection is broken or silent (2 s without a single answer); the replies there
 * are stay usable. Free each reply. */
int bus_calls(struct bus *b, struct bus_call *calls, size_t n, struct err *e) MUST_CHECK;
/* The same for one, whose failure is an error: ERR_MISSING for a name, object, interface, method or
 * property that is not there, ERR_DENIED, else ERR_SYSTEM. */
int bus_call(struct bus *b, struct bus_call *call, struct err *e) MUST_CHECK;
void bus_reply_free(struct bus_reply *r); /* accepts NULL */
void bus_reply_freep(struct bus_reply **r);

/* ---- reading a reply, in order. False: something else, or nothing, comes next; then the rest
 * reads as nothing, too. ---- */

/* type: 'a' array, 'r' struct, 'e' dictionary entry, 'v' variant; contents: their signature, as in
 * sd_bus_message_enter_container(3). An array ends when entering or reading the next item fails. */
bool bus_enter(struct bus_reply *r, char type, const char *contents);
bool bus_leave(struct bus_reply *r);
bool bus_text(struct bus_reply *r, struct span *ret); /* s, o, g; lives as long as the reply */
/* b, y, n, q, i, u, x, t; negative numbers as their two's complement. */
bool bus_number(struct bus_reply *r, uint64_t *ret);
bool bus_skip(struct bus_reply *r, const char *types); /* whole items: "s", "(so)", "v" */

#endif
