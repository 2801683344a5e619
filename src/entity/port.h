/* Sockets that listen or are bound, and names on the system bus, with their owner. Field names are
 * those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_PORT_H
#define ENTITY_PORT_H

#include "entity/kind.h"

enum port_field {
	PORT_STATE,
	PORT_REACH,
	PORT_TYPE,
	PORT_EXE,
	PORT_SHA256,
	PORT_PACKAGE,
	PORT_PACKAGED,
	PORT_UNIT,
	PORT_USER,
	PORT_CONTAINER,
	PORT_NETNS,
	PORT_DUAL_STACK,
	PORT_INTERFACE,
	PORT_EPHEMERAL,
	PORT_DELETED,
	PORT_MEMFD,
	PORT_UNOWNED,
	PORT_MODE,
	PORT_FILE_OWNER,
	PORT_ACTIVATION,
	PORT_RUNNING,
	PORT_CREATOR,
	PORT_PROCESS,
	PORT_SERVED_BY,
	PORT_SOCKETS,
	PORT_BACKLOG,
	PORT_PIDS,
	PORT_INODE,
	PORT_STARTED,
	PORT_GENERAL,
	PORT_N
};

/* numbers are stored */
enum port_state { PORT_LISTENING, PORT_BOUND, PORT_OWNED, PORT_ACTIVATABLE, PORT_STATE_N };
extern const char *const port_state_names[];

/* numbers are stored */
enum port_reach { PORT_ANY, PORT_ADDRESS, PORT_LOOPBACK, PORT_REACH_N };
extern const char *const port_reach_names[];

extern const struct kind kind_port;

#endif
