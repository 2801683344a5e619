/* Clients of the agent, inside the collector's loop: who may ask what is in the table of request.c;
 * the numbers of clients and of waiting bytes are bounded; who does not read is dropped; a frame
 * that is none, or not for this client, ends its connection. Made by control_socket_new, or on
 * Windows by control_pipe_new. */
#ifndef AGENT_CONTROL_CONTROL_H
#define AGENT_CONTROL_CONTROL_H

#include "agent/control/request.h"

struct control;

struct control_handlers {
	void *ctx;
	/* AGENT_STATUS, AGENT_POLICY_APPLY, AGENT_SCAN, AGENT_CANARY: answer by control_answer, now
	 * or later; `client` names the one who asked and is never used again. m is valid until this
	 * returns. by: "alice (root, uid 0)". */
	void (*asked)(void *ctx, uint64_t client, const struct agent_message *m, struct span by);
};

void control_free(struct control *c); /* accepts NULL; sends what can be sent at once */
void control_freep(struct control **c);

/* Nothing happens when the client is gone. code: 0 or an enum err_code. */
void control_answer(struct control *c, uint64_t client, int code, struct span text);
/* To all who follow. Cheap when nobody does. */
void control_records(struct control *c, const struct agent_record *records, size_t n);
bool control_is_followed(const struct control *c);

#endif
