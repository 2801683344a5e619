/* The client's way to the agent, for client.c alone: a socket (client_socket.c), or a pipe
 * (control/windows/client_pipe.c). client_open and client_done stand there, too. */
#ifndef AGENT_CONTROL_CLIENT_REACH_H
#define AGENT_CONTROL_CLIENT_REACH_H

#include "agent/control/client.h"

/* ms: how long to wait at most, -1: as long as it takes. ERR_TIMEOUT, ERR_CLOSED. */
int client_send(struct client *c, struct span frame, int ms, struct err *e) MUST_CHECK;
int client_wait(struct client *c, struct span *ret, int ms, struct err *e) MUST_CHECK;

#endif
