/* The control socket: mode 0660, of root and the group `invar` where there is one. */
#ifndef AGENT_CONTROL_CONTROL_SOCKET_H
#define AGENT_CONTROL_CONTROL_SOCKET_H

#include "agent/control/control.h"
#include "agent/loop/loop.h"

#define CONTROL_SOCKETS_MAX 64 /* clients at once; more are sent away */
#define CONTROL_GROUP "invar"  /* its members may ask for status and follow */

/* The listening socket: made by the parent, held over restarts of the collector. ERR_LOCKED when
 * somebody listens there. */
int control_listen(int *ret, const char *path, struct err *e) MUST_CHECK;

/* listen_fd stays the caller's; -1: there is no socket, and nobody will ask. */
int control_socket_new(struct control **ret, struct loop *loop, int listen_fd,
	const struct control_handlers *handlers, struct err *e) MUST_CHECK;

#endif
