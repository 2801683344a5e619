/* Inside control/ only: how clients arrive, and the frames that go to and fro. A socket on Linux
 * (control_socket.c), a pipe on Windows (windows/control_pipe.c); what is said through it, and who
 * is dropped when, is the same for both (control.c). */
#ifndef AGENT_CONTROL_CONNECTION_H
#define AGENT_CONTROL_CONNECTION_H

#include "agent/control/control.h"
#include "agent/loop/loop.h"

#define CONTROL_REQUEST_MAX ((size_t)256 << 10) /* one frame of a client */

/* ---- one client's connection: the platform's ---- */

struct connection;

struct connection_events {
	void (*readable)(void *ctx); /* something came, or never will again: connection_fill */
	void (*writable)(void *ctx); /* once after connection_flush returned 0: flush again */
};

/* From now on the events are called in the loop. */
int connection_hear(struct connection *c, struct loop *loop, const struct connection_events *events,
	void *ctx, struct err *e) MUST_CHECK;
void connection_free(struct connection *c); /* closes it; also from within an event */

/* As the functions of os/channel.h with these names. */
int connection_fill(struct connection *c, struct err *e) MUST_CHECK;
int connection_next(struct connection *c, struct span *ret, struct err *e) MUST_CHECK;
bool connection_put(struct connection *c, struct span frame);
size_t connection_waiting(const struct connection *c);
int connection_flush(struct connection *c, struct err *e) MUST_CHECK;

/* ---- where clients arrive: the platform's ---- */

struct arrivals;

/* There is room again for one client more. */
void arrivals_room(struct arrivals *a);
void arrivals_free(struct arrivals *a); /* nobody arrives any more */

/* ---- control.c, for those that arrive ---- */

/* For at most so many clients at once, who arrive by `a`: taken over; NULL: nobody will. */
struct control *control_new(struct loop *loop, const struct control_handlers *handlers,
	size_t clients_max, struct arrivals *a);
bool control_has_room(struct control *c);
/* One arrived: taken over, and closed when there is no room. by: see struct control_handlers. */
void control_welcome(struct control *control, struct connection *c, enum agent_party party,
	struct span by);
/* One arrived who may not ask: is told so, and sent away. */
void control_refuse(struct connection *c, const char *why);

#endif
