/* The control socket, inside the collector's event loop: who may ask what is in the table of
 * request.c; the numbers of clients and of waiting bytes are bounded; who does not read is dropped;
 * a frame that is none, or not for this client, ends its connection. */
#ifndef AGENT_CONTROL_CONTROL_H
#define AGENT_CONTROL_CONTROL_H

#include "agent/control/request.h"

struct event_base;
struct control;

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_GROUP "invar" /* its members may ask for status and follow */

struct control_handlers {
	void *ctx;
	/* AGENT_STATUS, AGENT_POLICY_APPLY, AGENT_SCAN, AGENT_CANARY: answer by control_answer, now
	 * or later; `client` names the one who asked and is never used again. m is valid until this
	 * returns. by: "alice (root, uid 0)". */
	void (*asked)(void *ctx, uint64_t client, const struct agent_message *m, struct span by);
};

/* The listening socket: made by the parent, held over restarts of the collector. Mode 0660, group
 * `invar` where there is one. ERR_LOCKED when somebody listens there. */
int control_listen(int *ret, const char *path, struct err *e) MUST_CHECK;

/* listen_fd stays the caller's; -1: there is no socket, and nobody will ask. */
int control_new(struct control **ret, struct event_base *base, int listen_fd,
	const struct control_handlers *handlers, struct err *e) MUST_CHECK;
void control_free(struct control *c); /* accepts NULL; sends what can be sent at once */
void control_freep(struct control **c);

/* Nothing happens when the client is gone. code: 0 or an enum err_code. */
void control_answer(struct control *c, uint64_t client, int code, struct span text);
/* To all who follow. Cheap when nobody does. */
void control_records(struct control *c, const struct agent_record *records, size_t n);
bool control_is_followed(const struct control *c);

#endif
